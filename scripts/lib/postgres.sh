# shellcheck shell=bash
# PostgreSQL as a local process: a throw-away cluster in $1/postgres, without durability against power loss
# (tests kill processes, not machines).

postgres_bin() {
    local dir
    if have pg_config && [[ -x $(pg_config --bindir)/initdb ]]; then
        pg_config --bindir
        return
    fi
    for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) /usr/pgsql-*/bin; do
        if [[ -x $dir/initdb ]]; then
            echo "$dir"
            return
        fi
    done
    have initdb && dirname "$(command -v initdb)"
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if ((EUID == 0)); then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# TEST_SERVERS_DURABLE asks for a server that waits for the disk: for figures.
postgres_durable() { [[ -n ${TEST_SERVERS_DURABLE:-} ]] && echo on || echo off; }

# Installs what is missing.
postgres_programs() {
    if ! postgres_bin >/dev/null; then
        install_packages postgresql
        postgres_bin >/dev/null || die "PostgreSQL is installed but initdb was not found"
    fi
    if ((EUID == 0)); then
        id postgres >/dev/null 2>&1 || die "PostgreSQL refuses to run as root and there is no user 'postgres'"
    fi
}

# postgres_start DIR, after postgres_programs: prints the URL.
postgres_start() {
    local dir=$1/postgres bin port
    bin=$(postgres_bin)
    mkdir -p "$dir"
    ((EUID != 0)) || chown postgres "$dir"
    as_postgres "$bin/initdb" --pgdata="$dir/data" --username=tender --auth=trust --encoding=UTF8 --locale=C \
        --no-sync >"$1/initdb.log" 2>&1 || {
        cat "$1/initdb.log" >&2
        die "initdb failed"
    }
    for _ in 1 2 3; do
        port=$(free_port)
        if as_postgres "$bin/pg_ctl" start --wait --timeout=60 --silent --pgdata="$dir/data" --log="$dir/log" \
            --options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=$(postgres_durable) \
-c full_page_writes=$(postgres_durable) -c max_connections=500 -c shared_buffers=256MB -c max_wal_size=2GB \
-c max_locks_per_transaction=256 -c log_min_messages=warning" >/dev/null; then
            echo "postgres://tender:tender@127.0.0.1:$port/postgres"
            return
        fi
    done
    tail -n 20 "$dir/log" >&2
    die "PostgreSQL did not start"
}

postgres_stop() {
    local dir=$1/postgres
    [[ -e $dir/data/postmaster.pid ]] || return 0
    as_postgres "$(postgres_bin)/pg_ctl" stop --mode=immediate --wait --silent --pgdata="$dir/data" || true
}

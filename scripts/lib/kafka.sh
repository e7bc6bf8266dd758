# shellcheck shell=bash
# Apache Kafka in KRaft mode: one process that is broker and controller, its data in $1/kafka.
# The jars come from Maven once and stay in a cache.

KAFKA_VERSION=4.3.1

# kafka_properties PORT CONTROLLER_PORT BIND LOG_DIR: shared by the local process and the container.
kafka_properties() {
    cat <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$2
listeners=PLAINTEXT://$3:$1,CONTROLLER://127.0.0.1:$2
advertised.listeners=PLAINTEXT://127.0.0.1:$1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$4
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.bytes=16777216
log.index.size.max.bytes=65536
log.cleaner.dedupe.buffer.size=8388608
file.delete.delay.ms=1000
num.network.threads=3
num.io.threads=4
PROPERTIES
}

kafka_cache() { echo "${XDG_CACHE_HOME:-$HOME/.cache}/tender/kafka-$KAFKA_VERSION"; }

java_is_new_enough() {
    local version
    have java || return 1
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    ((${version:-0} >= 17))
}

# Fetched into a folder beside its place and moved at the end: an interrupted download is never taken for a whole one.
kafka_fetch() {
    local cache part
    cache=$(kafka_cache)
    [[ -d $cache/lib ]] && return 0
    need mvn maven
    say "fetching Apache Kafka $KAFKA_VERSION by Maven (44 MB, once; kept in $cache)"
    mkdir -p "$cache"
    part=$(mktemp -d "$cache/part.XXXXXX")
    mvn --quiet --batch-mode --file "$ROOT/scripts/kafka/pom.xml" dependency:copy-dependencies \
        -DoutputDirectory="$part/lib" </dev/null >&2 || die "Maven could not fetch Apache Kafka $KAFKA_VERSION"
    mv -T "$part/lib" "$cache/lib" 2>/dev/null || [[ -d $cache/lib ]] || die "cannot write to $cache"
    rm -rf "$part"
}

kafka_ready_or_dead() { listens "$2" || ! kill -0 "$1" 2>/dev/null; }

# Installs and fetches what is missing.
kafka_programs() {
    java_is_new_enough || install_packages default-jre-headless
    java_is_new_enough || die "Apache Kafka $KAFKA_VERSION needs Java 17 or newer as 'java'"
    kafka_fetch
}

# kafka_start DIR, after kafka_programs: prints the bootstrap address.
kafka_start() {
    local dir=$1/kafka classpath port pid
    classpath="$(kafka_cache)/lib/*"
    mkdir -p "$dir"
    # Every partition keeps several files open, and a test run makes thousands of partitions.
    ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
    for _ in 1 2 3; do
        port=$(free_port)
        rm -rf "$dir/data"
        kafka_properties "$port" "$(free_port)" 127.0.0.1 "$dir/data" >"$dir/server.properties"
        java -cp "$classpath" kafka.tools.StorageTool format --config "$dir/server.properties" \
            --cluster-id "$(java -cp "$classpath" kafka.tools.StorageTool random-uuid 2>/dev/null)" >"$dir/format.log" 2>&1 || {
            cat "$dir/format.log" >&2
            die "Kafka's storage could not be formatted"
        }
        # Its own session: Ctrl-C in the terminal reaches the tests, and the broker lives until they are done.
        setsid java -Xmx768m -cp "$classpath" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
            kafka.Kafka "$dir/server.properties" </dev/null >"$dir/log" 2>&1 &
        pid=$!
        echo "$pid" >"$dir/pid"
        wait_for 60 "Apache Kafka" kafka_ready_or_dead "$pid" "$port" || true
        if kill -0 "$pid" 2>/dev/null && listens "$port"; then
            echo "127.0.0.1:$port"
            return
        fi
        kafka_stop "$1"
    done
    tail -n 20 "$dir/log" >&2
    die "Apache Kafka did not start"
}

# A slim image has no ps, a Mac has no /proc.
arguments_of() { if [[ -r /proc/$1/cmdline ]]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -o args= -p "$1"; fi 2>/dev/null; }

# Ends the process only if it still is the broker of this folder: process ids are used again.
kafka_stop() {
    local pid
    pid=$(cat "$1/kafka/pid" 2>/dev/null) || return 0
    if [[ $(arguments_of "$pid") == *"$1/kafka/server.properties"* ]]; then
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    fi
    rm -f "$1/kafka/pid"
}

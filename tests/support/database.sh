#!/bin/sh
# A private PostgreSQL cluster for tests: TLS with a CA of its own, SCRAM, all durability on.
#
#   database.sh start DIR   makes it if it is not there, starts it, prints the lines NAME=VALUE that
#                           a test needs (PGHOST, PGPORT, PGSSLROOTCERT ...); the password of every
#                           role is its name
#   database.sh stop DIR    stops it at once and takes DIR away
#   database.sh kill DIR    kill -9 of the server and all its processes; `start` brings it back
#
# PostgreSQL does not run as root: root hands over to the system's postgres user.
set -eu

usage() {
    echo "usage: database.sh start|stop|kill DIR" >&2
    exit 2
}
[ $# -eq 2 ] || usage
action=$1
directory=$2
source=$(cd "$(dirname "$0")/../.." && pwd)

bin=$(dirname "$(command -v pg_ctl || ls /usr/lib/postgresql/*/bin/pg_ctl | tail -n 1)")
as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
        return
    fi
    "$@"
}

# A port that nobody listens on, below those the kernel gives to outgoing connections: it must still
# be free when the server comes back.
free_port() {
    perl -MIO::Socket::INET -e \
        'for (1 .. 100) {
             my $port = 20000 + int(rand(10000));
             next unless IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1",
                                               LocalPort => $port);
             print "$port\n";
             exit 0;
         }
         exit 1'
}

make_certificates() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj "/CN=test CA" -keyout "$directory/ca.key" -out "$directory/ca.pem" 2>/dev/null
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
        -keyout "$directory/server.key" -out "$directory/server.csr" 2>/dev/null
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$directory/server.ext"
    openssl x509 -req -in "$directory/server.csr" -CA "$directory/ca.pem" \
        -CAkey "$directory/ca.key" -CAcreateserial -days 2 -extfile "$directory/server.ext" \
        -out "$directory/server.pem" 2>/dev/null
    chmod 600 "$directory/server.key"
}

make_cluster() {
    mkdir -p "$directory"
    make_certificates
    free_port >"$directory/port"
    [ "$(id -u)" -ne 0 ] || chown -R postgres "$directory"
    printf 'postgres' >"$directory/password"
    as_server "$bin/initdb" -D "$directory/data" -U postgres -E UTF8 --locale=C.UTF-8 \
        --auth=scram-sha-256 --pwfile="$directory/password" >/dev/null
    as_server sh -c "cat >>'$directory/data/postgresql.conf'" <<CONF
listen_addresses = '127.0.0.1'
port = $(cat "$directory/port")
unix_socket_directories = ''
ssl = on
ssl_cert_file = '$directory/server.pem'
ssl_key_file = '$directory/server.key'
ssl_min_protocol_version = 'TLSv1.2'
shared_buffers = 256MB
max_wal_size = 4GB
default_toast_compression = 'lz4'
wal_compression = 'lz4'
CONF
    as_server sh -c "cat >'$directory/data/pg_hba.conf'" <<HBA
hostssl all all 127.0.0.1/32 scram-sha-256
HBA
}

make_database() {
    run_sql() {
        PGPASSWORD=$1 psql -X -q -v ON_ERROR_STOP=1 -f "$3" \
            "host=localhost port=$PGPORT dbname=$2 user=$1 sslmode=verify-full
             sslrootcert=$PGSSLROOTCERT"
    }
    run_sql postgres template1 "$source/engine/store/schema/roles.sql"
    for role in owner door judge courier reader; do
        echo "alter role painbridge_$role password 'painbridge_$role';"
    done | run_sql postgres postgres -
    echo "create database painbridge owner painbridge_owner;" | run_sql postgres postgres -
    echo "revoke all on database painbridge from public;
          grant connect on database painbridge to painbridge_door, painbridge_judge,
              painbridge_courier, painbridge_reader;" | run_sql postgres painbridge -
}

start() {
    [ -d "$directory" ] && fresh=no || fresh=yes
    [ "$fresh" = no ] || make_cluster
    PGPORT=$(cat "$directory/port")
    PGSSLROOTCERT=$directory/ca.pem
    as_server "$bin/pg_ctl" -D "$directory/data" -l "$directory/data/log" -w -t 60 start >/dev/null
    [ "$fresh" = no ] || make_database
    cat <<LINES
PGHOST=localhost
PGPORT=$PGPORT
PGDATABASE=painbridge
PGSSLMODE=verify-full
PGSSLROOTCERT=$PGSSLROOTCERT
LINES
}

case $action in
start) start ;;
stop)
    as_server "$bin/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$directory"
    ;;
kill)
    postmaster=$(head -n 1 "$directory/data/postmaster.pid")
    # the children too: as when the machine goes down
    # shellcheck disable=SC2046
    kill -9 "$postmaster" $(ps -o pid= --ppid "$postmaster")
    # in a container nobody may collect the dead, and the next server takes a zombie for a living
    # one
    rm -f "$directory/data/postmaster.pid"
    ;;
*) usage ;;
esac

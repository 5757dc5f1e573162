# Sourced by the scripts of this folder, with the repository's root as the current folder.
# shellcheck shell=bash

say() {
    printf '%s\n' "$*" >&2
}

is_installed() {
    dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q ' installed$'
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
        return
    fi
    sudo "$@"
}

# Of "a|b" the first that the release has; the first where it has none, so that apt says so.
choose_package() {
    local name
    for name in ${1//|/ }; do
        if [ -n "$(apt-cache policy "$name" 2>/dev/null | grep -v '(none)' | grep Candidate)" ]; then
            echo "$name"
            return
        fi
    done
    echo "${1%%|*}"
}

# Installs what of scripts/lib/packages is missing. Touches nothing, and needs no network and no
# root, where all is there.
install_packages() {
    local line name missing=()
    while read -r line; do
        case $line in '' | '#'*) continue ;; esac
        for name in ${line//|/ }; do
            is_installed "$name" && continue 2
        done
        missing+=("$line")
    done <scripts/lib/packages
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing: ${missing[*]}"
    as_root apt-get update -q >&2
    local chosen=()
    for line in "${missing[@]}"; do
        chosen+=("$(choose_package "$line")")
    done
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        "${chosen[@]}" >&2
}

# build_in FOLDER TYPE [CMAKE ARGUMENT...]: configures and builds everything.
build_in() {
    local folder=$1 type=$2
    shift 2
    local launcher=()
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    fi
    cmake -G Ninja -S . -B "$folder" -DCMAKE_BUILD_TYPE="$type" "${launcher[@]}" "$@" &&
        cmake --build "$folder"
}

build_release() {
    build_in build Release
}

build_sanitize() {
    build_in build-sanitize Sanitize
}

build_debug() {
    build_in build-debug Debug
}

# clang sees other mistakes than gcc, and only clang has libFuzzer.
build_clang() {
    build_in build-clang Sanitize -DCMAKE_C_COMPILER=clang -DPAINBRIDGE_FUZZ=ON
}

# The peers of the stories: programs by others, from npm by lock file. Their install scripts are not run.
install_peers() {
    if ! command -v npm >/dev/null; then
        as_root apt-get update -q >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends npm >&2
    fi
    local mark=tests/stories/node_modules/.of-this-lock
    [ "$mark" -nt tests/stories/package-lock.json ] ||
        { (cd tests/stories && npm ci --ignore-scripts --no-audit --no-fund) && touch "$mark"; }
}

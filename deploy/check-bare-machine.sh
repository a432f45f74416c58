#!/usr/bin/env bash
# Proves, in a fresh Debian root, that a machine with nothing but a Rust toolchain and a C compiler builds
# slowburn with the README's commands.
#
#   sudo deploy/check-bare-machine.sh [--install-only | --test] [FOLDER]
#
# It bootstraps Debian 12 into FOLDER (default: a new folder below /var/tmp), clones HEAD of this checkout into
# it, lends it this machine's Rust toolchain read-only, and runs there `cargo xtask install`, twice: the second
# run must find nothing to do. Without --install-only it then runs `cargo xtask build`, from nothing, which takes
# as long as a cold build does; with --test it runs `.ci/run` as well, which is the README's test command. What is
# not committed is not tested.
#
# Needs root, debootstrap, about 3 GB of disk (20 GB with the build and the tests), and this machine's own way to
# packages: its apt sources, its certificates, and the network settings in its environment.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
steps="install build"
case "${1:-}" in
    --install-only) steps=install; shift ;;
    --test) steps="install build test"; shift ;;
esac
root=${1:-$(mktemp -d /var/tmp/slowburn-bare.XXXXXX)}
suite=bookworm
rust_home=${RUSTUP_HOME:-$HOME/.rustup}
cargo_home=${CARGO_HOME:-$HOME/.cargo}

say() { printf '== %s\n' "$*"; }

[ "$(id -u)" = 0 ] || { echo "run it as root: it mounts and changes its root folder" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 2; }

mounted=()
leave() {
    for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount "${mounted[i]}"; done
}
trap leave EXIT

# lend FROM TO: shows a folder of this machine inside the new root, for reading.
lend() {
    mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
    mounted+=("$root$2")
    mount -o remount,bind,ro "$root$2"
}

# Runs a command inside, with an environment made new but for the network settings.
inside() {
    local kept=()
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE PIP_CERT RUSTUP_DIST_SERVER \
        RUSTUP_UPDATE_ROOT CARGO_HTTP_CAINFO CARGO_HTTP_PROXY; do
        [ -n "${!name:-}" ] && kept+=("$name=${!name}")
    done
    chroot "$root" /usr/bin/env -i "${kept[@]}" HOME=/root LANG=C.UTF-8 RUSTUP_HOME=/rust/rustup CARGO_HOME=/root/.cargo \
        PATH=/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

mirror=$(apt-cache policy | sed -n "s|^ *[0-9]* \(http[^ ]*\) $suite/main .*|\1|p" | head -n 1)
say "Debian $suite in $root"
[ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase --include=ca-certificates,build-essential,git "$suite" "$root" ${mirror:+"$mirror"}
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
for part in apt ssl/certs; do
    mkdir -p "$root/etc/$part"
    cp -a "/etc/$part/." "$root/etc/$part/"
done
cp -a /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
mount -t proc proc "$root/proc" && mounted+=("$root/proc")
mount --bind /dev "$root/dev" && mounted+=("$root/dev")
mount --bind /dev/pts "$root/dev/pts" && mounted+=("$root/dev/pts")
mount -t tmpfs tmpfs "$root/dev/shm" && mounted+=("$root/dev/shm")

say "the Rust toolchain of this machine, and a clean clone"
# rustup writes beside its toolchains when it adds a target, so it gets a copy of everything but their documentation.
mkdir -p "$root/rust/rustup/toolchains" "$root/root/.cargo"
toolchain=$(cd "$repo" && rustup show active-toolchain | cut -d ' ' -f 1)
if [ ! -d "$root/rust/rustup/toolchains/$toolchain" ]; then
    cp -a "$rust_home/settings.toml" "$root/rust/rustup/"
    tar -C "$rust_home/toolchains" --exclude share/doc -cf - "$toolchain" | tar -C "$root/rust/rustup/toolchains" -xf -
fi
lend "$cargo_home/bin" /rust/bin
inside rustup target remove wasm32-unknown-unknown 2>/dev/null || true
[ -e "$cargo_home/config.toml" ] && cp "$cargo_home/config.toml" "$root/root/.cargo/"
rm -rf "$root/src"
git clone --quiet --no-hardlinks "$repo" "$root/src"

say "what is there before: $(inside sh -c 'for p in cc chromium python3; do command -v $p || echo "no $p"; done' | tr '\n' ' ')"
say "cargo xtask install"
inside bash -c 'cd /src && time cargo xtask install'
say "cargo xtask install, again"
inside bash -c 'cd /src && time cargo xtask install'
inside sh -c 'for p in cc chromium python3; do command -v $p; done; python3 -c "import ensurepip, venv"'
if [[ $steps == *build* ]]; then
    say "cargo xtask build"
    inside bash -c 'cd /src && export CARGO_TARGET_DIR=/root/target && time cargo xtask build && ./target/release/slowburn --version'
    say "cargo xtask run, until it says that it is ready"
    inside bash -c 'cd /src && export CARGO_TARGET_DIR=/root/target &&
        timeout 60 cargo xtask run --data-dir /tmp/data --http 127.0.0.1:0 --otlp-grpc 127.0.0.1:0 --otlp-http 127.0.0.1:0 |
        tee /dev/stderr | grep --max-count=1 --quiet "\"event\":\"ready\""'
fi
if [[ $steps == *test* ]]; then
    say ".ci/run"
    inside bash -c 'cd /src && export CARGO_TARGET_DIR=/root/target CI=true && time .ci/run'
fi
say "passed; the root is kept in $root"

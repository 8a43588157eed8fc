# SPDX-License-Identifier: Apache-2.0
# A bare Debian in a folder, to see what somebody sees who has nothing yet: of this machine's
# release, from the mirrors that its apt uses, outside the tree. Sourced, not run; needs root.

# The sources of Debian itself among those of this machine: "URI codename" a line.
debian_sources() {
    apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
        "Created-By: Packages" "Origin: Debian" "Component: main" | sort -u
}

# system_make DIR
system_make() {
    local dir=$1 release uri
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    uri=$(debian_sources | awk -v release="$release" '$2 == release { print $1; exit }')
    [ -n "$uri" ] || { echo "apt knows no source of Debian $release here" >&2; return 1; }
    mkdir -p "$dir"
    # In a mount namespace of its own: what it mounts is gone when it ends, whatever ends it.
    unshare --mount debootstrap --variant=minbase "$release" "$dir" "$uri" >"$dir.log" 2>&1 ||
        { tail -n 20 "$dir.log" >&2; return 1; }
    debian_sources | sed 's/.*/deb & main/' >"$dir/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(Check|https?::Proxy)' >"$dir/etc/apt/apt.conf.d/90here" || :
    printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d"
    chmod 755 "$dir/usr/sbin/policy-rc.d"
    system_run "$dir" apt-get -q update >/dev/null
}

# system_run DIR COMMAND...: in it, as root. Whatever the command started ends with it.
system_run() {
    local dir=$1
    shift
    unshare --mount --pid --fork --kill-child -- sh -ec '
        mount -t proc proc "$0/proc"
        mount -t devpts -o newinstance,ptmxmode=666 devpts "$0/dev/pts"
        exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive "$@"' "$dir" "$@"
}

# The same without a network: only loopback, where every port is free.
system_alone() {
    local dir=$1
    shift
    unshare --net -- sh -ec 'ip link set lo up; exec "$@"' - \
        bash -c '. "$0"; system_run "$@"' "${BASH_SOURCE[0]}" "$dir" "$@"
}

# Nothing is mounted in it, but a rm that goes astray is not worth the trust.
system_remove() {
    rm -rf --one-file-system "$1" "$1.log"
}

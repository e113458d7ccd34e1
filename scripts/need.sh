# Sourced by what needs programs that a small system lacks: plain sh, for make too.

# need TOOL[:PACKAGE] ...: install by apt what is missing, after a line that says so,
# or end with an error and a hint. A TOOL with a slash is a file. The package is
# Debian's; without one it is called like the tool.
need() {
	need_missing "$@"
	[ -n "$need_packages" ] || return 0
	command -v apt-get >/dev/null || need_fails "there is no apt-get here" "install$need_packages (so Debian calls it) by hand"
	[ "$(id -u)" = 0 ] || need_fails "only root can install it" "as root: apt-get install$need_packages"
	echo "installing$need_packages" >&2
	need_log=$(need_install 2>&1) || need_fails "$(printf '%s\n' "$need_log" | tail -n 1)" "apt-get update && apt-get install$need_packages says more"
	need_missing "$@"
	[ -z "$need_packages" ] || need_fails "not found though installed:$need_packages" "PATH must name its folder: $PATH"
}
# need_missing TOOL[:PACKAGE] ...: what is not there, into need_tools and need_packages.
need_missing() {
	need_tools='' need_packages=''
	for need_one; do
		case $need_one in
		/*) [ ! -e "${need_one%%:*}" ] || continue ;;
		*) ! command -v "${need_one%%:*}" >/dev/null || continue ;;
		esac
		need_tools="$need_tools ${need_one%%:*}"
		case "$need_packages " in *" ${need_one#*:} "*) ;; *) need_packages="$need_packages ${need_one#*:}" ;; esac
	done
}
# need_install: the lists of packages are fetched only where those that are there fail.
need_install() {
	# shellcheck disable=SC2086
	set -- apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $need_packages
	export DEBIAN_FRONTEND=noninteractive
	"$@" </dev/null || { apt-get -qq -o DPkg::Lock::Timeout=300 update && "$@" </dev/null; }
}
need_fails() {
	echo "error: no$need_tools: $1" >&2
	echo "hint: $2" >&2
	exit 1
}

# Shared by scripts/run, scripts/test and scripts/bench. POSIX sh; sourced with ROOT set to the checkout.
# Everything said here goes to standard error: standard output belongs to the program that is started in the end.

# The oldest and newest Python are pyproject.toml's requires-python.
SUPPORTED_PYTHONS='3.11 3.12 3.13'

# What Qt loads at run time, as "soname package" pairs. Sonames are looked up, for they are the same on every
# distribution and in every release; the packages' names are Debian's.
QT_LIBRARIES='
libglib-2.0.so.0 libglib2.0-0
libdbus-1.so.3 libdbus-1-3
libEGL.so.1 libegl1
libGL.so.1 libgl1
libfontconfig.so.1 libfontconfig1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libX11-xcb.so.1 libx11-xcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
'

# The desktop that the tests start: an X server, a window manager, a keyring, the accessibility bus, fonts that have
# every character the tests draw, the validators of the desktop's metadata, and a browser that signs in.
TEST_PACKAGES='xvfb xauth openbox xdotool imagemagick dbus gnome-keyring libsecret-tools at-spi2-core python3-pyatspi
gir1.2-atspi-2.0 fonts-noto-core fonts-noto-color-emoji desktop-file-utils appstream chromium'

# The same by the commands they bring, for systems without dpkg.
TEST_COMMANDS='Xvfb xauth openbox xdotool import dbus-run-session gnome-keyring-daemon secret-tool
desktop-file-validate appstreamcli chromium'

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Seconds since the epoch; enough for the durations that are told to the user.
now() { date +%s; }

# --- the system's packages -------------------------------------------------------------------------------------------

# The cache of the dynamic loader, which names each library that a program could load. Empty where there is none.
loader_cache() {
    if has ldconfig; then
        ldconfig -p 2>/dev/null || :
    elif [ -x /sbin/ldconfig ]; then # not on an ordinary user's PATH
        /sbin/ldconfig -p 2>/dev/null || :
    fi
}

has_font() {
    for fonts in /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.fonts" "${HOME:-/}/.local/share/fonts"; do
        [ -d "$fonts" ] || continue
        [ -z "$(find "$fonts" -name '*.[to]t[fc]' -print -quit 2>/dev/null)" ] || return 0
    done
    return 1
}

has_certificates() {
    for certificates in "${SSL_CERT_FILE:-/nowhere}" /etc/ssl/certs/ca-certificates.crt \
        /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem /etc/ssl/ca-bundle.pem; do
        [ ! -s "$certificates" ] || return 0
    done
    return 1
}

# missing_packages run|test: sets MISSING to the Debian names of what is not there, and MISSING_PLAIN to the same in
# the names that every distribution knows.
missing_packages() {
    MISSING=
    MISSING_PLAIN=
    [ "$(uname -s)" = Linux ] || return 0
    cache=$(loader_cache)
    if [ -n "$cache" ]; then
        # shellcheck disable=SC2086 # split into words on purpose
        set -- "$1" $QT_LIBRARIES
        level=$1
        shift
        while [ $# -gt 0 ]; do
            case $cache in
            *"$1 "*) ;;
            *)
                MISSING="$MISSING $2"
                MISSING_PLAIN="$MISSING_PLAIN $1"
                ;;
            esac
            shift 2
        done
    else
        level=$1
    fi
    has_font || {
        MISSING="$MISSING fonts-dejavu-core"
        MISSING_PLAIN="$MISSING_PLAIN a-font"
    }
    has_certificates || {
        MISSING="$MISSING ca-certificates"
        MISSING_PLAIN="$MISSING_PLAIN ca-certificates"
    }
    # With the others, so that a new machine asks for everything at once.
    if [ -n "${VENV_PACKAGE:-}" ] && ! can_make_venv "$BASE_PYTHON"; then
        MISSING="$MISSING $VENV_PACKAGE"
        MISSING_PLAIN="$MISSING_PLAIN python-venv"
    fi
    [ "$level" = test ] || return 0
    if has dpkg-query; then
        # shellcheck disable=SC2086
        installed=$(dpkg-query -W -f ' ${db:Status-Status}=${Package} ' $TEST_PACKAGES 2>/dev/null || :)
        for package in $TEST_PACKAGES; do
            case $installed in
            *" installed=$package "*) ;;
            *)
                MISSING="$MISSING $package"
                MISSING_PLAIN="$MISSING_PLAIN $package"
                ;;
            esac
        done
    else
        for program in $TEST_COMMANDS; do
            has "$program" || MISSING_PLAIN="$MISSING_PLAIN $program"
        done
        MISSING=$MISSING_PLAIN
    fi
}

# apt_install PACKAGE...: installs them as root, or through sudo; else prints the one command that does, and fails.
apt_install() {
    if [ "$(id -u)" = 0 ]; then
        elevate=env
    elif has sudo && sudo -n true 2>/dev/null; then
        elevate='sudo -n env'
    elif has sudo && [ -t 0 ] && [ -t 2 ]; then
        say "sudo may ask for your password to install: $*"
        elevate='sudo env'
    else
        root=sudo
        has sudo || root='su -c'
        say "These system packages are missing, and installing them takes the administrator's rights. Please run"
        say ""
        if [ "$root" = sudo ]; then
            say "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
        else
            say "    su -c 'apt-get update && apt-get install -y --no-install-recommends $*'"
        fi
        say ""
        say "and start this again."
        return 1
    fi
    say "Installing system packages: $*"
    log=$(mktemp)
    # An update that fails may still leave a list that is good enough: the installation decides.
    # shellcheck disable=SC2086
    $elevate DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 update >"$log" 2>&1 </dev/null || :
    # shellcheck disable=SC2086
    if $elevate DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 install -y \
        --no-install-recommends "$@" >>"$log" 2>&1 </dev/null; then
        rm -f "$log"
        return 0
    fi
    say "The installation failed. The end of what apt-get said:"
    tail -n 15 "$log" >&2
    rm -f "$log"
    say ""
    say "When that is mended, run: apt-get install -y --no-install-recommends $*"
    return 1
}

# need_packages run|test: installs what is missing, or says what to do and ends the script.
need_packages() {
    [ -z "${CAAL_DESKTOP_SKIP_SYSTEM_CHECK:-}" ] || return 0
    missing_packages "$1"
    [ -n "$MISSING" ] || return 0
    if has apt-get; then
        # shellcheck disable=SC2086
        apt_install $MISSING || exit 1
        missing_packages "$1"
        [ -n "$MISSING" ] || return 0
    fi
    say "CAAL Desktop needs these from your system, and they are not there:"
    say "   $MISSING_PLAIN"
    say "Install them with your distribution's package manager (the libraries' packages often carry the same name) and"
    say "start this again. If you know that they are there: CAAL_DESKTOP_SKIP_SYSTEM_CHECK=1."
    exit 1
}

# --- Python ----------------------------------------------------------------------------------------------------------

python_version() { "$1" -I -S -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }

supported() {
    for version in $SUPPORTED_PYTHONS; do
        case $1 in "$version".*) return 0 ;; esac
    done
    return 1
}

can_make_venv() { "$1" -I -c 'import ensurepip, venv' >/dev/null 2>&1; }

# find_python: sets BASE_PYTHON and BASE_VERSION, and VENV_PACKAGE when that Python can make no environments as it is;
# or says what to install and ends the script.
find_python() {
    BASE_PYTHON=
    BASE_VERSION=
    VENV_PACKAGE=
    seen=
    without_venv=
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.13 python3.12 python3.11 /usr/bin/python3
    fi
    for candidate in "$@"; do
        found=$(python_version "$candidate") || continue
        [ -n "$found" ] || continue
        if ! supported "$found"; then
            seen="$seen $candidate is $found;"
        elif can_make_venv "$candidate"; then
            BASE_PYTHON=$candidate
            BASE_VERSION=$found
            return 0
        elif [ -z "$without_venv" ]; then
            without_venv=$candidate
            BASE_VERSION=$found
        fi
    done
    if [ -n "$without_venv" ]; then
        BASE_PYTHON=$without_venv
        VENV_PACKAGE="python${BASE_VERSION%.*}-venv"
        return 0
    fi
    say "CAAL Desktop needs Python 3.11, 3.12 or 3.13.${seen:+ Found:$seen}"
    [ -n "$seen" ] || say "None was found${PYTHON:+ at PYTHON=$PYTHON}."
    say "Install one (on Debian and Ubuntu: sudo apt-get install python3 python3-venv) and start this again,"
    say "or name one: PYTHON=/path/to/python3.12 $0"
    exit 1
}

# choose_venv run|test|openai2: sets VENV and VENV_PYTHON. A Python that was asked for gets an environment of its own
# beside .venv, and so does the provider layer with openai 2, as the voice agent has it: without Qt.
choose_venv() {
    if [ -n "${CAAL_DESKTOP_VENV:-}" ]; then
        VENV=$CAAL_DESKTOP_VENV
    elif [ -n "${PYTHON:-}" ]; then
        find_python
        VENV="$ROOT/.venv-${BASE_VERSION%.*}"
    else
        VENV="$ROOT/.venv"
    fi
    [ "$1" != openai2 ] || VENV="$VENV-openai2"
    VENV_PYTHON="$VENV/bin/python"
}

# fingerprint PYTHON_VERSION [run|test|openai2]: what the environment depends on. The path is in it because the
# environment points at the checkout by its path.
fingerprint() {
    case ${2:-} in
    openai2) set -- "$1" "$ROOT/packaging/provider_layer/pyproject.toml" "$ROOT/constraints-openai2.txt" ;;
    *) set -- "$1" "$ROOT/pyproject.toml" "$ROOT/constraints.txt" ;;
    esac
    printf '%s %s %s\n' "$(cat "$2" "$3" | cksum)" "$1" "$ROOT"
}

# is_ready run|test|openai2: true when the environment is set up for that, from these very files.
is_ready() {
    [ -x "$VENV_PYTHON" ] && [ -f "$VENV/.ready-$1" ] && [ ! -e "$VENV/.unfinished" ] || return 1
    venv_version=$(python_version "$VENV_PYTHON") || return 1
    read -r ready <"$VENV/.ready-$1" || return 1
    [ "$ready" = "$(fingerprint "$venv_version" "$1")" ]
}

# is_usable: true when the environment is whole, though perhaps out of date, and can be installed into.
is_usable() {
    [ -x "$VENV_PYTHON" ] && [ ! -e "$VENV/.unfinished" ] || return 1
    venv_version=$(python_version "$VENV_PYTHON") && supported "$venv_version" || return 1
    # Looks the module up without starting it; fails as well when the interpreter behind the environment has changed.
    "$VENV_PYTHON" -I -c 'import pip' >/dev/null 2>&1
}

# quietly COMMAND...: runs it; the end of its output is shown when it fails.
quietly() {
    log=$(mktemp)
    if "$@" >"$log" 2>&1 </dev/null; then
        rm -f "$log"
        return 0
    fi
    tail -n 25 "$log" >&2
    rm -f "$log"
    return 1
}

install_packages() {
    # hatchling and editables come from the constraints like the rest, so the build is not isolated.
    constraints="$ROOT/constraints.txt"
    case $1 in
    run) project=$ROOT ;;
    test) project="$ROOT[dev,foreign-server]" ;;
    openai2)
        project="$ROOT/packaging/provider_layer[tests]"
        constraints="$ROOT/constraints-openai2.txt"
        ;;
    esac
    # pip reads the requirements of a folder only by building it, and for that hatchling has to be there.
    quietly "$VENV_PYTHON" -I -m pip install --no-input --prefer-binary -c "$constraints" hatchling editables &&
        quietly "$VENV_PYTHON" -I -m pip install --no-input --prefer-binary --no-build-isolation \
            -c "$constraints" -e "$project"
}

# set_up run|test|openai2: makes or mends the environment. A set-up that was cut off leaves .unfinished behind, and what it
# made is thrown away by the next one: nobody knows what is missing in it.
set_up() {
    started=$(now)
    what=
    [ "$1" != openai2 ] || what=' the provider layer with openai 2'
    if [ -e "$VENV/.unfinished" ]; then
        say "Setting up$what afresh (the last time was cut off; about a minute)..."
    elif [ -d "$VENV" ]; then
        say "Setting up$what (something has changed; usually a few seconds)..."
    else
        say "Setting up$what (first time only, about a minute)..."
    fi
    if ! is_usable; then
        [ -n "${BASE_PYTHON:-}" ] || find_python
        say "  making a Python environment with Python $BASE_VERSION"
        can_make_venv "$BASE_PYTHON" ||
            die "$BASE_PYTHON (Python $BASE_VERSION) cannot make virtual environments: its modules venv and ensurepip" \
                "are missing. Install them, or name another Python: PYTHON=/path/to/python3.12 $0"
        rm -rf "$VENV"
        mkdir -p "$VENV"
        : >"$VENV/.unfinished"
        quietly "$BASE_PYTHON" -m venv "$VENV" ||
            die "The environment could not be made in $VENV. Is the disk full, or the folder read-only?"
        venv_version=$BASE_VERSION
    fi
    : >"$VENV/.unfinished"
    rm -f "$VENV"/.ready-*
    say "  downloading and installing packages"
    install_packages "$1" ||
        die "The packages could not be installed (see above). Check the internet connection and start this again."
    # Compiled now, so that the first window does not wait for it.
    "$VENV_PYTHON" -I -m compileall -q "$ROOT/caal_desktop" >/dev/null 2>&1 || :
    fingerprint "$venv_version" "$1" >"$VENV/.ready-$1"
    [ "$1" != test ] || fingerprint "$venv_version" >"$VENV/.ready-run" # which needs less
    rm -f "$VENV/.unfinished"
    say "  done in $(($(now) - started)) s"
}

# prepare run|test|openai2: the environment and the system's packages are there afterwards, or the script has ended.
prepare() {
    # Each of these would make Python or pip look elsewhere than in the environment.
    unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PIP_USER PIP_TARGET PIP_PREFIX
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    choose_venv "$1"
    if is_ready "$1"; then
        need_packages "$1"
        return 0
    fi
    is_usable || [ -n "${BASE_PYTHON:-}" ] || find_python
    need_packages "$1"
    # One set-up at a time. A lock on a folder needs no file that could be left behind.
    if has flock; then
        exec 9<"$ROOT/scripts"
        flock -n 9 || {
            say "Another set-up is at work here; waiting for it..."
            flock 9
        }
        is_ready "$1" || set_up "$1"
        exec 9<&-
    else
        set_up "$1"
    fi
}

# --- the tests of the provider layer ----------------------------------------------------------------------------------

# for_layer COMMAND ARGUMENT...: runs the command with those of pytest's arguments that choose the provider layer's
# tests; without a path that is all of them. Not at all where only other tests are chosen.
for_layer() {
    command=$1
    shift
    chosen=all
    for argument in "$@"; do
        shift
        path=${argument%%::*}
        case $path in
        tests/llm | tests/llm/*) chosen=some ;;
        tests | tests/ | .)
            chosen=some
            argument=tests/llm
            ;;
        *)
            # What is no file is an option, or an option's value.
            if [ -e "$path" ]; then
                [ "$chosen" != all ] || chosen=none
                continue
            fi
            ;;
        esac
        set -- "$@" "$argument"
    done
    case $chosen in
    none) ;;
    all) "$command" tests/llm "$@" ;;
    some) "$command" "$@" ;;
    esac
}

#!/usr/bin/env bash
# Make the virtual environment with Python 3.11 or 3.12, whichever works; say clearly what is missing.
set -eu
target=$1

# As root, or with a sudo that asks for no password; otherwise the caller is told the command.
install_package() {
    command -v apt-get >/dev/null 2>&1 || return 1
    local as=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || return 1
        as=(sudo -n)
    fi
    echo "正在安装 $1 ……"
    { "${as[@]}" apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq "$1"; } >/dev/null
}

for python in python3.11 python3.12 python3; do
    command -v "$python" >/dev/null 2>&1 || continue
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case $version in 3.11 | 3.12) ;; *) continue ;; esac
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian splits the venv module off into a package of its own.
        if ! install_package "python$version-venv"; then
            echo "缺少 Python 的 venv 模块，请先执行：sudo apt-get install python$version-venv" >&2
            exit 1
        fi
    fi
    # --clear: what an interrupted try left is not built upon.
    if "$python" -m venv --clear "$target"; then
        exit 0
    fi
    echo "无法建立虚拟环境 $target，原因见上。请检查磁盘空间与权限后再次执行。" >&2
    exit 1
done
echo "需要 Python 3.11 或 3.12。Debian 12 可执行：sudo apt-get install python3 python3-venv" >&2
exit 1

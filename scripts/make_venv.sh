#!/usr/bin/env bash
# Make the virtual environment with Python 3.12 or 3.11, whichever works; say clearly what is missing.
set -eu
target=$1
for python in python3.11 python3.12 python3; do
    command -v "$python" >/dev/null 2>&1 || continue
    "$python" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null || continue
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian splits the venv module off into a package of its own.
        package="$(basename "$python")-venv"
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            echo "正在安装 $package ……"
            apt-get update -qq && apt-get install -y -qq "$package" >/dev/null
        else
            echo "缺少 Python 的 venv 模块，请先执行：sudo apt-get install $package" >&2
            exit 1
        fi
    fi
    rm -rf "$target.new"
    "$python" -m venv "$target"
    exit 0
done
echo "需要 Python 3.11 或 3.12。Debian 12 可执行：sudo apt-get install python3 python3-venv" >&2
exit 1

#!/usr/bin/env bash
# Install the packages of one requirements file into the virtual environment, making it first.
#   scripts/install.sh VENV REQUIREMENTS STAMP
# Quick when nothing changed; begins again where an earlier try was interrupted.
set -eu
venv=$1 requirements=$2 stamp=$3
wanted=$(cat requirements.txt "$requirements" | sha256sum | cut -c1-64)

# A stamp without contents was made by hand: the environment is somebody else's care.
is_ready() {
    [ -e "$stamp" ] && "$venv/bin/python" -c '' 2>/dev/null || return 1
    [ ! -s "$stamp" ] || [ "$(cat "$stamp")" = "$wanted" ]
}
is_ready && exit 0

if ! mkdir -p "$venv" 2>/dev/null || [ ! -w "$venv" ]; then
    echo "用户 $(id -un) 无权写入 $venv。请检查目录权限，或用 make run VENV=另一目录 指定位置。" >&2
    exit 1
fi
exec 9<"$requirements"  # closed, and so unlocked, when this script ends
if ! flock -n 9; then
    echo "另一个进程正在安装依赖，等待其完成……"
    flock 9
    is_ready && exit 0
fi
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    scripts/make_venv.sh "$venv"
fi
echo "正在安装依赖（首次约一至两分钟）……"
rm -f "$stamp"
if ! "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input \
        --root-user-action=ignore -r "$requirements"; then
    free=$(df -Pm "$venv" | awk 'NR == 2 {print $4}')
    echo "依赖未能装完，原因见上（$venv 所在磁盘剩余 ${free} MB，需约 1500 MB；也请检查网络）。" >&2
    echo "排除原因后再次执行即可继续。" >&2
    exit 1
fi
echo "$wanted" > "$stamp"

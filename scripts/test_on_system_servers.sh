#!/usr/bin/env bash
# The suite on a system PostgreSQL 15+ and Redis 7; says clearly when it was not run.
#   scripts/test_on_system_servers.sh PYTHON -m pytest ...
set -u
python=$1
if ! command -v redis-server >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 &&
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    echo "正在安装 redis-server（仅测试需要）……"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends redis-server) >/dev/null 2>&1 || true
fi
command -v redis-server >/dev/null 2>&1 || echo "未安装 redis-server 7，改用内置 Redis 的 TCP 端口。" >&2
"$python" scripts/with_system_servers.py "$@" -m "not embedded"
code=$?
if [ "$code" = 75 ]; then
    echo "没有运行：系统 PostgreSQL 上的测试（未安装 postgresql-15）。" >&2
    exit 0
fi
exit "$code"

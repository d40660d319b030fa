#!/usr/bin/env bash
# Chromium and Chinese fonts for the browser tests, from Debian's packages when we may install them.
# Where we may not, the tests report themselves as not run (a failure when CI=true).
if command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi 'Noto.*CJK'; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "正在安装 Chromium 与中文字体（仅测试需要）……"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-noto-cjk fontconfig) >/dev/null 2>&1 || echo "未能安装 Chromium，浏览器测试将不运行。" >&2
else
    echo "未找到 Chromium，浏览器测试将不运行。可执行：sudo apt-get install chromium fonts-noto-cjk" >&2
fi
exit 0

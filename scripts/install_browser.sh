#!/usr/bin/env bash
# Chromium and Chinese fonts for the browser tests, from Debian's packages when we may install them.
# Where we may not, the tests report themselves as not run (a failure when CI=true).
has_browser() { command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }
has_fonts() { fc-list :lang=zh 2>/dev/null | grep -q .; }
has_browser && has_fonts && exit 0

packages="chromium fonts-noto-cjk fontconfig"
as=()
[ "$(id -u)" = 0 ] || as=(sudo -n)
if command -v apt-get >/dev/null 2>&1 && "${as[@]}" true 2>/dev/null; then
    echo "正在安装 Chromium 与中文字体（仅测试需要）……"
    # shellcheck disable=SC2086
    ("${as[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq --no-install-recommends $packages) >/dev/null 2>&1
fi
has_browser || echo "未找到 Chromium，浏览器测试将不运行。可执行：sudo apt-get install $packages" >&2
has_fonts || echo "未找到中文字体，浏览器测试的截图将缺字。可执行：sudo apt-get install fonts-noto-cjk" >&2
exit 0

#!/usr/bin/env bash
# Chromium, Chinese fonts and what the browser's driver needs, from Debian's packages when we may install
# them. Where we may not, the browser tests report themselves as not run (a failure when CI=true).
packages="chromium fonts-noto-cjk fontconfig libatomic1"
has_browser() { command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }
has_fonts() { fc-list :lang=zh 2>/dev/null | grep -q .; }
has_libatomic() { PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q 'libatomic\.so\.1'; }
has_all() { has_browser && has_fonts && has_libatomic; }
has_all && exit 0

as=()
[ "$(id -u)" = 0 ] || as=(sudo -n)
if command -v apt-get >/dev/null 2>&1 && "${as[@]}" true 2>/dev/null; then
    echo "正在安装 Chromium 与中文字体（仅测试需要）……"
    # shellcheck disable=SC2086
    ("${as[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq --no-install-recommends $packages) >/dev/null 2>&1
fi
has_all || echo "缺少 Chromium、中文字体或 libatomic，浏览器测试将不运行。可执行：sudo apt-get install $packages" >&2
exit 0

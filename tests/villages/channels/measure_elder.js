// What 适老化 asks of a page, as numbers: every list is empty when the page keeps them.
() => {
  const channel = (value) => { const c = value / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = (rgb) => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
  const numbers = (text) => text.match(/[\d.]+/g).map(Number);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const shown = (e) => e.checkVisibility() && e.getBoundingClientRect().width > 1 && !e.closest('.visually-hidden, .skip-link');
  const texts = [...document.querySelectorAll('body *')].filter((e) => shown(e) && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()));
  const told = { small: [], tight: [], pale: [], targets: [], paragraphs: [], wide: document.documentElement.scrollWidth > innerWidth };
  for (const e of texts) {
    const style = getComputedStyle(e), size = parseFloat(style.fontSize), name = `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 12)}`;
    if (size < 18) told.small.push(`${name} ${size}`);
    if (e.matches('p, dd, li, small') && style.lineHeight !== 'normal' && parseFloat(style.lineHeight) / size < 1.3) told.tight.push(name);
    const a = light(numbers(style.color)), b = light(ground(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) told.pale.push(`${name} ${ratio.toFixed(1)}`);
  }
  for (const p of document.querySelectorAll('main p + p')) {
    const before = p.previousElementSibling;
    if (!shown(p) || !shown(before)) continue;
    const gap = p.getBoundingClientRect().top - before.getBoundingClientRect().bottom;
    const line = parseFloat(getComputedStyle(p).lineHeight);
    if (gap + 0.5 < 1.3 * line) told.paragraphs.push(`${p.textContent.slice(0, 12)} ${gap} < ${1.3 * line}`);
  }
  for (const e of document.querySelectorAll('button, .m-button, .m-row, .m-nav a, .m-four a, summary, select, textarea, .m-choice, .m-check, .m-back')) {
    if (!shown(e) || (e.matches('.m-row') && e.tagName === 'DIV')) continue;
    const box = e.getBoundingClientRect();
    if (box.width < 60 || box.height < 60) told.targets.push(`${e.tagName}.${e.className} ${Math.round(box.width)}x${Math.round(box.height)}`);
  }
  return told;
}

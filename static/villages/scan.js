// 扫一扫: the camera looks for a code, the page says where it is, the server decides. A code that
// was read is not sent again unless it changes.
import { submit } from "./outbox.js";
import { readerOf } from "./reader.js";
import { whereAmI } from "./place.js";
import { tell } from "./told.js";

const block = document.querySelector("[data-scan]");
const video = block.querySelector("video");
const note = block.querySelector("[data-part=note]");
const typed = document.querySelector("[data-part=typed]");
let last = "";
let stream = null;
let busy = false;
const place = whereAmI();

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
}

async function found(text) {
  const inside = /\/villages\/bind\/([\w-]+)/.exec(text);
  if (inside) return location.assign(`/villages/bind/${inside[1]}/`);
  const code = /(1\.\d+\.\d+\.(?:in|out|place)\.\d+\.[\w-]+\.[A-Z2-7]+)/.exec(text)?.[1];
  if (!code) {
    note.textContent = "这不是桥头分的二维码，请对准活动屏幕上的码。";
    return undefined;
  }
  note.textContent = "已扫到，正在核对……";
  navigator.vibrate?.(80);
  const told = await submit({ activity: code.split(".")[3] === "place" ? "" : code.split(".")[2], body: { code, position: await place } });
  if (told.ok === false && told.message.includes("刷新")) {
    // The screen has moved on; the next code will do.
    note.textContent = told.message;
    return undefined;
  }
  stop();
  return tell(told, { again: begin });
}

async function begin() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch {
    note.textContent = "没有打开相机。请允许使用相机，或请工作人员为您登记。";
    return;
  }
  video.srcObject = stream;
  await video.play();
  note.textContent = "请对准活动屏幕上的二维码。";
  const read = await readerOf(video, block.dataset.reader);
  const look = async () => {
    if (!stream) return;
    if (!busy && video.readyState >= 2) {
      const text = await read().catch(() => "");
      if (text && text !== last) {
        last = text;
        busy = true;
        await found(text);
        busy = false;
      }
    }
    setTimeout(look, 150);
  };
  look();
}

typed?.addEventListener("submit", (event) => {
  event.preventDefault();
  found(new FormData(typed).get("code"));
});
addEventListener("pagehide", stop);
begin();

// The shop's phone: the pick-up code is scanned from the villager's screen, or typed.
import { readerOf } from "./reader.js";

const block = document.querySelector("[data-till]");
const start = block.querySelector("[data-part=start]");
const frame = block.querySelector(".m-camera");
const video = block.querySelector("video");
const note = block.querySelector("[data-part=note]");
const form = document.querySelector("[data-part=code]");

async function begin() {
  start.hidden = true;
  frame.hidden = false;
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch {
    frame.hidden = true;
    start.hidden = false;
    start.disabled = true;
    start.textContent = "没有打开相机，请输入取货码";
    return;
  }
  video.srcObject = stream;
  await video.play();
  const read = await readerOf(video, block.dataset.reader);
  const look = async () => {
    const text = video.readyState >= 2 ? await read().catch(() => "") : "";
    if (/^\d{4} ?\d{4}$/.test(text)) {
      stream.getTracks().forEach((track) => track.stop());
      form.elements.code.value = text;
      form.requestSubmit();
      return;
    }
    if (text) note.textContent = "这不是取货码，请对准村民手机上的码。";
    setTimeout(look, 150);
  };
  look();
  addEventListener("pagehide", () => stream.getTracks().forEach((track) => track.stop()));
}

start.addEventListener("click", begin);

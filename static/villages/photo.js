// 拍一拍: taken on this page, answering a challenge of the server, brought below 300 kB before they are kept.
import { submit, token } from "./outbox.js";
import { whereAmI } from "./place.js";
import { tell } from "./told.js";

const form = document.querySelector("[data-photo]");
const wanted = Number(form.dataset.wanted);
const labels = form.dataset.pair ? ["before", "after"] : [];
const video = form.querySelector("video");
const shots = form.querySelector("[data-part=shots]");
const note = form.querySelector("[data-part=note]");
const shoot = document.querySelector("[data-part=shoot]");
const send = document.querySelector("[data-part=send]");
const picked = form.querySelector("input[type=file]");
const taken = [];
let challenge = null;
let inPage = false;

async function ask() {
  try {
    const reply = await fetch(form.dataset.challenge, { method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": token() } });
    if (reply.ok) challenge = (await reply.json()).challenge;
  } catch { /* without network the photo goes without one and is looked at more closely */ }
}

async function open() {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 1280 } } });
    await video.play();
    inPage = true;
    shoot.disabled = false;
  } catch {
    form.querySelector(".m-camera").hidden = true;
    form.querySelector("[data-part=file]").hidden = false;
    shoot.hidden = true;
    note.textContent = "没有打开相机，请用下面的按钮拍照或选择照片。";
  }
}

async function small(source, width, height) {
  const scale = Math.min(1, 1280 / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  for (const quality of [0.85, 0.7, 0.55, 0.4]) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob.size <= 300_000 || quality === 0.4) return blob;
  }
  return null;
}

function show() {
  shots.replaceChildren(...taken.map((blob, place) => {
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(blob);
    image.alt = labels.length ? ["整治前", "整治后"][place] : `第 ${place + 1} 张照片`;
    const caption = document.createElement("figcaption");
    caption.textContent = image.alt;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "重拍";
    remove.addEventListener("click", () => { taken.splice(place, 1); show(); });
    figure.append(image, caption, remove);
    return figure;
  }));
  const missing = wanted - taken.length;
  shoot.disabled = taken.length >= 3 || (labels.length && missing <= 0) || (!inPage && !shoot.hidden);
  send.disabled = missing > 0;
  note.textContent = missing > 0
    ? `还需拍 ${missing} 张${labels.length ? `：请拍${["整治前", "整治后"][taken.length]}` : ""}。`
    : "照片已够，可以发送。";
}

shoot.addEventListener("click", async () => {
  taken.push(await small(video, video.videoWidth, video.videoHeight));
  show();
});
picked.addEventListener("change", async () => {
  let unread = 0;
  for (const file of [...picked.files].slice(0, 3 - taken.length)) {
    try {
      const image = await createImageBitmap(file);
      taken.push(await small(image, image.width, image.height));
    } catch {
      unread += 1;
    }
  }
  picked.value = "";
  show();
  if (unread) note.textContent = "有照片打不开，可能是 HEIC 格式。请直接拍照；或在手机“设置—相机—格式”里选“兼容性最佳”，再拍一张。";
});
send.addEventListener("click", async () => {
  send.disabled = true;
  if (!challenge) await ask();
  const position = await whereAmI();
  const told = await submit({
    activity: form.dataset.photo, title: form.dataset.title,
    body: { challenge: challenge ?? "", in_page: inPage, position, text: form.querySelector("textarea")?.value.trim() ?? "" },
    files: taken.map((blob, place) => ({ name: labels[place] ?? `photo${place + 1}`, blob })),
  });
  challenge = null;
  send.disabled = false;
  tell(told, { again() { taken.length = 0; ask(); show(); } });
});
ask();
open();
show();

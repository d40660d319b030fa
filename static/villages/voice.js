// 说一说: tap to begin, tap to end, listen, send. Up to 60 seconds; the meter shows that something is heard. Where the
// browser cannot record, its own recorder (a file field) or words do.
import { submit } from "./outbox.js";
import { tell } from "./told.js";

const longest = 60;
const form = document.querySelector("[data-voice]");
const button = form.querySelector("[data-part=record]");
const meter = form.querySelector("[data-part=meter]");
const clock = form.querySelector("[data-part=clock]");
const replay = form.querySelector("[data-part=replay]");
const words = form.querySelector("textarea");
const picked = form.querySelector("input[type=file]");
const note = form.querySelector("[data-part=note]");
// Apple's recorders write mp4, the others webm.
const kinds = ["audio/mp4", "audio/webm;codecs=opus", "audio/webm", "audio/ogg;codecs=opus"];
let recorder = null;
let voice = null;
let seconds = 0;

const spoken = (value) => `${Math.floor(value / 60)}:${String(Math.floor(value % 60)).padStart(2, "0")}`;
const canRecord = () => Boolean(window.MediaRecorder && navigator.mediaDevices?.getUserMedia);

function fallBack(text) {
  note.textContent = text;
  button.hidden = true;
  meter.hidden = true;
  form.querySelector("[data-part=file]").hidden = false;
}

async function begin() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
  } catch {
    return fallBack("没有打开麦克风。可以选用手机的录音机，或直接写字。");
  }
  const kind = kinds.find((one) => MediaRecorder.isTypeSupported(one));
  const parts = [];
  recorder = new MediaRecorder(stream, { ...(kind ? { mimeType: kind } : {}), audioBitsPerSecond: 32000 });
  recorder.addEventListener("dataavailable", (event) => { if (event.data.size) parts.push(event.data); });
  const sound = new AudioContext();
  const ear = sound.createAnalyser();
  // Long enough to miss nothing between two looks.
  ear.fftSize = 4096;
  sound.createMediaStreamSource(stream).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  const began = performance.now();
  const tick = setInterval(() => {
    seconds = Math.min(longest, (performance.now() - began) / 1000);
    ear.getFloatTimeDomainData(samples);
    let peak = 0;
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    // As loudness is heard, and falling slowly: a quiet voice is seen, a pause does not make the bar flicker.
    meter.value = Math.max(Math.min(1, Math.sqrt(peak)), meter.value * 0.85);
    clock.textContent = `${spoken(seconds)} / ${spoken(longest)}`;
    if (seconds >= longest) recorder.stop();
  }, 100);
  recorder.addEventListener("stop", () => {
    clearInterval(tick);
    stream.getTracks().forEach((track) => track.stop());
    sound.close();
    voice = new Blob(parts, { type: (recorder.mimeType || kind || "audio/webm").split(";")[0] });
    replay.src = URL.createObjectURL(voice);
    replay.hidden = false;
    meter.value = 0;
    button.setAttribute("aria-pressed", "false");
    button.textContent = "重录";
    note.textContent = `已录 ${Math.round(seconds)} 秒，可以先听一遍再发送。`;
    form.dataset.ready = "1";
  });
  recorder.start(1000);
  button.setAttribute("aria-pressed", "true");
  button.textContent = "停止";
  note.textContent = "正在录音，请说话。";
  replay.hidden = true;
}

button.addEventListener("click", () => (recorder?.state === "recording" ? recorder.stop() : begin()));
picked.addEventListener("change", () => {
  voice = picked.files[0] ?? null;
  seconds = 0;
  if (voice) { replay.src = URL.createObjectURL(voice); replay.hidden = false; }
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (recorder?.state === "recording") return recorder.stop();
  if (!voice && !words.value.trim()) {
    note.textContent = "请先录音，或写几句话。";
    return undefined;
  }
  const send = document.querySelector("[data-part=send]");
  send.disabled = true;
  const told = await submit({
    activity: form.dataset.voice, title: form.dataset.title,
    body: { text: words.value.trim(), ...(voice ? { seconds: Math.round(seconds * 10) / 10 } : {}) },
    files: voice ? [{ name: "voice", blob: voice }] : [],
  });
  send.disabled = false;
  tell(told, { again() {} });
  return undefined;
});
if (!canRecord()) fallBack("这个浏览器不能直接录音。可以选用手机的录音机，或直接写字。");

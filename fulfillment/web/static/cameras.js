// Beds as their cameras see them now: each picture is asked for again once it is there, and only where it is looked at.
const EVERY = 2000; // ms

export function watchCameras() { setInterval(look, EVERY); }

function look() {
  if (document.hidden) return;
  for (const picture of document.querySelectorAll("img[data-camera]")) if (picture.complete && seen(picture)) ask(picture);
}

function seen(picture) {
  const box = (picture.closest("article") ?? picture).getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}

// The old picture stays until the new one is there; one that fails is hidden until the camera answers again.
async function ask(picture) {
  const next = new Image();
  next.src = `${picture.getAttribute("src").split("?")[0]}?${Date.now()}`;
  try {
    await next.decode();
    picture.src = next.src;
    delete picture.dataset.lost;
  } catch {
    picture.dataset.lost = "";
  }
}

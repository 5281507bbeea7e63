// Pictures that are dropped, pasted or picked go to the library; the text or the field gets them when they are there.
(() => {
  const announce = (status, text) => {
    const region = status ?? document.getElementById("announce");
    if (region) region.textContent = text;
  };
  const pictures = (list) => [...(list ?? [])].filter((file) => file.type.startsWith("image/"));

  // What the library took, and what it says of the rest.
  const upload = async (files, words) => {
    const body = new FormData();
    for (const file of files) body.append("file", file, file.name);
    try {
      const response = await fetch("/images", { method: "POST", body, headers: { accept: "application/json" } });
      if (!response.headers.get("content-type")?.startsWith("application/json")) return { images: [], errors: [words.failed] };
      return await response.json();
    } catch {
      return { images: [], errors: [words.failed] };
    }
  };

  // ---- into a text

  const toolsOf = (area) => document.querySelector(`[data-images-for="${area.id}"]`);

  const replace = (area, from, to, text) => {
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // Texts, by their id, that hold the mark of a picture that is still on its way: the mark is not to be saved. The form
  // around a text may be another one by then, with the same text in it.
  const underway = new Map();
  const count = (id, more) => underway.set(id, (underway.get(id) ?? 0) + more);
  document.addEventListener("submit", (event) => {
    const area = event.target.querySelector("textarea[data-images]");
    if (!area || !underway.get(area.id)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    announce(toolsOf(area)?.querySelector(".image-status"), area.dataset.busy);
  }, true);

  const insert = async (into, files) => {
    const { id } = into;
    const mark = `![${into.dataset.busy} ${Date.now()}]()`;
    into.focus();
    replace(into, into.selectionStart, into.selectionEnd, mark);
    announce(toolsOf(into)?.querySelector(".image-status"), into.dataset.busy);
    count(id, 1);
    const { images, errors } = await upload(files, into.dataset);
    count(id, -1);
    const area = document.getElementById(id) ?? into;
    const status = toolsOf(area)?.querySelector(".image-status");
    const text = images.map((image) => `![${image.alt.replace(/([\\[\]])/g, "\\$1")}](${image.src})`).join("\n\n");
    const at = area.value.indexOf(mark);
    // Whoever has deleted the mark meanwhile does not want the picture.
    if (at >= 0) replace(area, at, at + mark.length, text);
    if (at >= 0 && images.length === 1 && !images[0].alt) area.setSelectionRange(at + 2, at + 2);
    announce(status, errors.length ? errors.join(" ") : area.dataset.done);
  };

  // ---- into a field

  const offer = async (field, value, q) => {
    const query = new URLSearchParams({ field: field.dataset.imageField, value, q });
    await htmx.ajax("GET", `/images/choices?${query}`, { target: field.querySelector(".image-choices"), swap: "innerHTML" });
  };
  const chosen = (field) => field.querySelector("input[type=radio]:checked")?.value ?? "";

  const choose = async (field, files) => {
    const status = field.querySelector(".image-status");
    announce(status, field.dataset.busy);
    const { images, errors } = await upload(files, field.dataset);
    if (images.length) {
      await offer(field, images[0].id, "");
      for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    announce(status, errors.length ? errors.join(" ") : field.dataset.done);
  };

  // ---- dropped and pasted

  const target = (event) => event.target.closest?.("textarea[data-images], [data-image-field]");
  const take = (into, files) => (into.matches("textarea") ? insert(into, files) : choose(into, files.slice(0, 1)));

  document.addEventListener("paste", (event) => {
    const into = target(event);
    const files = into ? pictures(event.clipboardData?.files) : [];
    if (!files.length) return;
    event.preventDefault();
    take(into, files);
  });

  document.addEventListener("dragover", (event) => {
    const into = target(event);
    if (!into || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    into.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    const into = target(event);
    if (into && !into.contains(event.relatedTarget)) into.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    const into = target(event);
    if (!into) return;
    into.classList.remove("dropping");
    const files = pictures(event.dataTransfer?.files);
    if (!files.length) return;
    event.preventDefault();
    take(into, files);
  });

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== "file" || !input.files.length) return;
    const tools = input.closest("[data-images-for]");
    const field = input.closest("[data-image-field]");
    const area = tools && document.getElementById(tools.dataset.imagesFor);
    if (area) insert(area, [...input.files]);
    else if (field) choose(field, [input.files[0]]);
    else return;
    input.value = "";
  });

  let waiting;
  const search = (event) => event.target.closest?.("[data-image-field] input[type=search]");
  document.addEventListener("input", (event) => {
    const box = search(event);
    if (!box) return;
    event.stopPropagation();
    clearTimeout(waiting);
    const field = box.closest("[data-image-field]");
    waiting = setTimeout(() => offer(field, chosen(field), box.value), 250);
  });
  // Enter looks for a picture; it does not send the form around it.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && search(event)) event.preventDefault();
  });

  // ---- copying

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    source.select();
    await navigator.clipboard?.writeText(source.value).then(() => announce(null, button.dataset.copied), () => {});
  });

  // What works by script alone shows where there is one.
  const show = () => {
    for (const tool of document.querySelectorAll(".image-pick, [data-copy]")) tool.hidden = false;
  };
  document.addEventListener("htmx:after:swap", show);
  show();
})();

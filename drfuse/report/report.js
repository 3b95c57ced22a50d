'use strict';
(() => {
  const LARGEST = 32, PIXELS = 3;
  const views = [...document.querySelectorAll('.view')];
  const state = {scale: 1, x: 0, y: 0};  // offset in units of a view's size
  const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

  const marks = views.map(view => {
    const mark = document.createElement('div');
    mark.className = 'mark';
    mark.hidden = true;
    view.append(mark);
    return mark;
  });

  function draw() {
    state.x = clamp(state.x, 1 - state.scale, 0);
    state.y = clamp(state.y, 1 - state.scale, 0);
    const transform = `translate(${100 * state.x}%, ${100 * state.y}%) scale(${state.scale})`;
    for (const image of document.querySelectorAll('.view img')) image.style.transform = transform;
    document.body.classList.toggle('zoomed', state.scale > 1);
    document.body.classList.toggle('pixels', state.scale >= PIXELS);
    document.getElementById('scale').textContent = `${state.scale.toFixed(1)}x`;
  }

  function zoom(factor, x = 0.5, y = 0.5) {
    const scale = clamp(state.scale * factor, 1, LARGEST), ratio = scale / state.scale;
    state.x = x - (x - state.x) * ratio;
    state.y = y - (y - state.y) * ratio;
    state.scale = scale;
    draw();
  }

  function reset() {
    Object.assign(state, {scale: 1, x: 0, y: 0});
    draw();
  }

  function move(dx, dy) {
    state.x += dx;
    state.y += dy;
    draw();
  }

  function place(view, event) {
    const box = view.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  function point(view, event) {
    const [x, y] = event ? place(view, event) : [0, 0];
    marks.forEach((mark, i) => {
      mark.hidden = !event || views[i] === view;
      mark.style.left = `${100 * x}%`;
      mark.style.top = `${100 * y}%`;
    });
  }

  for (const view of views) {
    const fingers = new Map();
    view.addEventListener('wheel', event => {
      if (!event.ctrlKey && document.activeElement !== view) return;
      event.preventDefault();
      zoom(Math.exp(-0.002 * clamp(event.deltaY, -300, 300)), ...place(view, event));
    }, {passive: false});
    view.addEventListener('dblclick', reset);
    view.addEventListener('pointerdown', event => {
      fingers.set(event.pointerId, place(view, event));
      if (state.scale > 1 || fingers.size > 1) view.setPointerCapture(event.pointerId);
      view.classList.add('moving');
    });
    view.addEventListener('pointermove', event => {
      if (event.pointerType === 'mouse') point(view, event);
      if (!fingers.has(event.pointerId)) return;
      const before = fingers.get(event.pointerId), now = place(view, event);
      if (fingers.size === 2) {
        const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
        const length = p => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1e-6;
        zoom(length(now) / length(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      } else if (state.scale > 1) {
        move(now[0] - before[0], now[1] - before[1]);
      }
      fingers.set(event.pointerId, now);
    });
    for (const name of ['pointerup', 'pointercancel']) {
      view.addEventListener(name, event => {
        fingers.delete(event.pointerId);
        view.classList.remove('moving');
      });
    }
    view.addEventListener('pointerleave', event => {
      if (!view.hasPointerCapture(event.pointerId)) fingers.delete(event.pointerId);
      point(view, null);
    });
    view.addEventListener('keydown', event => {
      const step = 0.1;
      const actions = {'+': () => zoom(1.25), '=': () => zoom(1.25), '-': () => zoom(0.8), '0': reset,
        ArrowLeft: () => move(step, 0), ArrowRight: () => move(-step, 0),
        ArrowUp: () => move(0, step), ArrowDown: () => move(0, -step)};
      if (!(event.key in actions) || event.ctrlKey || (event.key.startsWith('Arrow') && state.scale === 1)) return;
      event.preventDefault();
      actions[event.key]();
    });
  }

  for (const button of document.querySelectorAll('[data-zoom]')) {
    const action = {in: () => zoom(1.5), out: () => zoom(1 / 1.5), reset}[button.dataset.zoom];
    button.addEventListener('click', action);
  }

  const source = key => document.querySelector(`img[data-key="${key}"]`).src;
  for (const side of ['before', 'after']) {
    const select = document.getElementById(side), image = document.getElementById(`${side}-image`);
    const show = () => { image.src = source(select.value); image.alt = select.selectedOptions[0].text; };
    select.addEventListener('change', show);
    show();
  }
  const split = document.getElementById('split');
  const cut = () => {
    document.getElementById('clip').style.clipPath = `inset(0 ${100 - split.value}% 0 0)`;
    document.getElementById('line').style.left = `${split.value}%`;
  };
  split.addEventListener('input', cut);
  cut();
  draw();
})();

/**
 * Draws the chosen life. Plain JavaScript of any browser of these years; everything from the history goes in as text, never
 * as markup.
 */
export const TIMELINE_SCRIPT = String.raw`
(function () {
  var data = JSON.parse(document.getElementById('data').textContent);
  var chart = document.getElementById('chart');
  var rows = document.getElementById('moments');
  var selects = { message: document.getElementById('message'), user: document.getElementById('user') };
  var current = -1;
  var SHAPES = {
    sent: ['circle', '--sent', true], stored: ['square', '--stored'], 'not stored': ['square', '--bad', true],
    published: ['triangle', '--published'], applied: ['circle', '--applied'], acknowledged: ['diamond', '--acknowledged'],
    unknown: ['diamond', '--fault', true], refused: ['cross', '--bad'], reset: ['square', '--fault'],
    started: ['triangle', '--soft', true], died: ['cross', '--bad'], gap: ['diamond', '--bad', true], live: ['circle', '--soft', true]
  };

  function svg(name, attributes, parent, text) {
    var node = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) node.textContent = text;
    if (parent) parent.appendChild(node);
    return node;
  }

  function mark(kind, x, y, parent) {
    var shape = SHAPES[kind];
    var colour = 'var(' + shape[1] + ')';
    var look = { fill: shape[2] ? 'var(--card)' : colour, stroke: colour, 'stroke-width': 2 };
    function points(list) {
      return svg('polygon', Object.assign({ points: list.map(function (p) { return (x + p[0]) + ',' + (y + p[1]); }).join(' ') }, look), parent);
    }
    if (shape[0] === 'circle') return svg('circle', Object.assign({ cx: x, cy: y, r: 5 }, look), parent);
    if (shape[0] === 'square') return points([[-5, -5], [5, -5], [5, 5], [-5, 5]]);
    if (shape[0] === 'triangle') return points([[-5, 5], [0, -6], [5, 5]]);
    if (shape[0] === 'diamond') return points([[0, -6.5], [6.5, 0], [0, 6.5], [-6.5, 0]]);
    return svg('path', { d: 'M' + (x - 5) + ' ' + (y - 5) + 'l10 10m0 -10l-10 10', stroke: colour, 'stroke-width': 2.5, fill: 'none' }, parent);
  }

  function seconds(ms, step) {
    return (ms / 1000).toFixed(step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3) + ' s';
  }

  function niceStep(span, count) {
    var rough = Math.max(span / count, 0.5);
    var power = Math.pow(10, Math.floor(Math.log10(rough)));
    return [1, 2, 5, 10].map(function (n) { return n * power; }).find(function (n) { return n >= rough; });
  }

  function short(text, length) { return text.length > length ? text.slice(0, length - 1) + '…' : text; }

  function draw() {
    var life = data.lives[current];
    chart.textContent = '';
    rows.textContent = '';
    if (!life) return;
    var times = life.points.map(function (point) { return point.at; });
    var first = times.length ? Math.min.apply(null, times) : 0;
    var last = times.length ? Math.max.apply(null, times) : 1;
    var pad = Math.max((last - first) * 0.06, 2);
    var from = Math.max(0, first - pad), to = last + pad;
    var left = 170, right = 28, top = 26, row = 34;
    var width = Math.max(chart.clientWidth - 2, 640);
    var faults = data.faults.filter(function (fault) { return fault.to >= from && fault.from <= to; });
    var tracks = Math.min(faults.length, 8);
    var bottom = top + tracks * 20 + life.lanes.length * row;
    var root = svg('svg', { width: width, height: bottom + 34, role: 'img', 'aria-label': life.label }, chart);
    function x(at) { return left + (Math.min(Math.max(at, from), to) - from) / (to - from) * (width - left - right); }
    function y(lane) { return top + tracks * 20 + lane * row + row / 2; }

    var step = niceStep(to - from, Math.max(3, Math.floor((width - left) / 130)));
    for (var tick = Math.ceil(from / step) * step; tick <= to; tick += step) {
      svg('line', { x1: x(tick), x2: x(tick), y1: top, y2: bottom, stroke: 'var(--line)' }, root);
      svg('text', { x: x(tick), y: bottom + 20, 'text-anchor': 'middle', 'class': 'soft' }, root, seconds(tick, step));
    }
    faults.forEach(function (fault, index) {
      var begin = x(fault.from), end = Math.max(x(fault.to), begin + 3);
      var band = svg('rect', { x: begin, y: top, width: end - begin, height: bottom - top, fill: 'var(--fault)', opacity: 0.13 }, root);
      svg('title', {}, band, fault.kind + ' of ' + fault.target);
      var lane = life.lanes.indexOf(fault.target);
      if (lane >= 0) svg('rect', { x: begin, y: y(lane) - row / 2 + 4, width: end - begin, height: row - 8, fill: 'var(--fault)', opacity: 0.35, rx: 3 }, root);
      if (index >= tracks) return;
      var label = fault.kind + ' · ' + fault.target + (index === tracks - 1 && faults.length > tracks ? ' (and ' + (faults.length - tracks) + ' more)' : '');
      var atEnd = begin > left + (width - left) * 0.6;
      var text = svg('text', { x: atEnd ? end - 2 : begin + 2, y: top + index * 20 + 10, 'text-anchor': atEnd ? 'end' : 'start', 'class': 'fault' }, root, short(label, 60));
      svg('title', {}, text, label);
    });
    life.lanes.forEach(function (lane, index) {
      var name = svg('text', { x: left - 14, y: y(index) + 4, 'text-anchor': 'end' }, root, short(lane, 22));
      svg('title', {}, name, lane);
      svg('line', { x1: left, x2: width - right, y1: y(index), y2: y(index), stroke: 'var(--line)', 'stroke-width': 1.5 }, root);
      if (!life.points.some(function (point) { return point.lane === index; }))
        svg('text', { x: width - right, y: y(index) - 6, 'text-anchor': 'end', 'class': 'soft' }, root, 'nothing applied here');
    });
    life.points.forEach(function (point) {
      var group = svg('g', {}, root);
      mark(point.kind, x(point.at), y(point.lane), group);
      svg('title', {}, group, seconds(point.at, 1) + ' ' + life.lanes[point.lane] + ': ' + point.kind + ' ' + point.note);
    });

    life.points.slice().sort(function (a, b) { return a.at - b.at; }).forEach(function (point) {
      var line = document.createElement('tr');
      [seconds(point.at, 1), life.lanes[point.lane], point.kind, point.note].forEach(function (text) {
        line.appendChild(document.createElement('td')).textContent = text;
      });
      rows.appendChild(line);
    });
    var kinds = life.points.map(function (point) { return point.kind; });
    var legend = document.getElementById('legend');
    legend.textContent = '';
    Object.keys(SHAPES).filter(function (kind) { return kinds.indexOf(kind) >= 0; }).forEach(function (kind) {
      var item = legend.appendChild(document.createElement('span'));
      var icon = svg('svg', { width: 16, height: 16, 'aria-hidden': 'true' }, item);
      mark(kind, 8, 8, icon);
      item.appendChild(document.createTextNode(kind));
    });
  }

  function choose(index) {
    current = index;
    var life = data.lives[index];
    if (!life) return draw();
    selects.message.value = life.kind === 'message' ? String(index) : '';
    selects.user.value = life.kind === 'user' ? String(index) : '';
    draw();
  }

  data.lives.forEach(function (life, index) {
    var option = document.createElement('option');
    option.value = String(index);
    option.textContent = (life.violated ? '✗ ' : '') + life.label;
    selects[life.kind].appendChild(option);
  });
  Object.keys(selects).forEach(function (kind) {
    selects[kind].addEventListener('change', function () { if (selects[kind].value !== '') choose(Number(selects[kind].value)); });
  });
  document.querySelectorAll('[data-violation]').forEach(function (button) {
    var index = data.lifeOfViolation[Number(button.getAttribute('data-violation'))];
    if (index === null || index === undefined) { button.remove(); return; }
    button.addEventListener('click', function () {
      choose(index);
      document.getElementById('timeline').scrollIntoView({ block: 'start' });
    });
  });
  window.addEventListener('resize', draw);
  choose(0);
})();
`;

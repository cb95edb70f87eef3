/**
 * Draws the chosen life. Plain JavaScript of any browser of these years; everything from the history goes in as text, never
 * as markup.
 */
export const TIMELINE_SCRIPT = `
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
    started: ['triangle', '--soft', true], died: ['cross', '--bad'], gap: ['diamond', '--bad', true], live: ['circle', '--soft', true],
    'shown at the end': ['check', '--good'], 'missing at the end': ['cross', '--bad']
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
    if (shape[0] === 'check') return svg('path', { d: 'M' + (x - 5) + ' ' + y + 'l4 5l7 -9', stroke: colour, 'stroke-width': 2.5, fill: 'none' }, parent);
    return svg('path', { d: 'M' + (x - 5) + ' ' + (y - 5) + 'l10 10m0 -10l-10 10', stroke: colour, 'stroke-width': 2.5, fill: 'none' }, parent);
  }

  function seconds(ms) { return (ms / 1000).toFixed(3) + ' s'; }

  /** Time to 0 … 1: a gap between two moments takes room by its logarithm, so that both a hop of 2 ms and one of 20 s are seen. */
  function scale(times) {
    var moments = times.slice().sort(function (a, b) { return a - b; }).filter(function (at, index, all) { return index === 0 || at > all[index - 1]; });
    var ends = [0];
    for (var index = 1; index < moments.length; index++) ends.push(ends[index - 1] + Math.log(2 + moments[index] - moments[index - 1]));
    var whole = ends[ends.length - 1] || 1;
    return { moments: moments, of: function (at) {
      if (moments.length < 2) return 0.5;
      if (at <= moments[0]) return -0.02;
      for (var n = 1; n < moments.length; n++) {
        if (at > moments[n]) continue;
        var part = (at - moments[n - 1]) / (moments[n] - moments[n - 1]);
        return (ends[n - 1] + part * (ends[n] - ends[n - 1])) / whole;
      }
      return 1.02;
    } };
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
    var own = life.points.filter(function (point) { return point.kind.indexOf('at the end') < 0; }).map(function (point) { return point.at; });
    var over = own.length ? Math.max.apply(null, own) : last;
    var left = 170, right = 28, top = 26, row = 34;
    var width = Math.max(chart.clientWidth - 2, 640);
    var faults = data.faults.filter(function (fault) { return fault.to >= first && fault.from <= over; });
    var tracks = Math.min(faults.length, 8);
    var bottom = top + tracks * 20 + life.lanes.length * row;
    var root = svg('svg', { width: width, height: bottom + 34, role: 'img', 'aria-label': life.label }, chart);
    var axis = scale(times);
    function x(at) { return left + 24 + Math.min(Math.max(at === first ? 0 : axis.of(at), -0.02), 1.02) * (width - left - right - 48); }
    function y(lane) { return top + tracks * 20 + lane * row + row / 2; }

    var labelled = -Infinity;
    axis.moments.forEach(function (at) {
      if (x(at) - labelled < 74) return;
      labelled = x(at);
      svg('line', { x1: labelled, x2: labelled, y1: top, y2: bottom, stroke: 'var(--line)' }, root);
      svg('text', { x: labelled, y: bottom + 20, 'text-anchor': 'middle', 'class': 'soft' }, root, seconds(at));
    });
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
        svg('text', { x: width - right, y: y(index) - 6, 'text-anchor': 'end', 'class': 'soft' }, root, 'nothing told here');
    });
    life.points.forEach(function (point) {
      var group = svg('g', {}, root);
      mark(point.kind, x(point.at), y(point.lane), group);
      svg('title', {}, group, seconds(point.at) + ' ' + life.lanes[point.lane] + ': ' + point.kind + ' ' + point.note);
    });

    life.points.slice().sort(function (a, b) { return a.at - b.at; }).forEach(function (point) {
      var line = document.createElement('tr');
      [seconds(point.at), life.lanes[point.lane], point.kind, point.note].forEach(function (text) {
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

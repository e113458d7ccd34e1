'use strict';
'require view';
'require rpc';
'require poll';
'require dom';
'require ui';
'require uci';
'require fs';

// What this node and its neighbours do. Each answer costs the router a process,
// so lists are asked for only while they are open, and nothing while the page is
// in the background.
//
// Names and addresses come from other nodes. LuCI takes a bare string as HTML and
// the strings of an array as text: whatever is not our own text is in an array.

const interval = 5; // seconds
const most = 100;   // rows of a table

const ask = {
	status: rpc.declare({ object: 'hopwire', method: 'status' }),
	neighbours: rpc.declare({ object: 'hopwire', method: 'neighbours' }),
	circuits: rpc.declare({ object: 'hopwire', method: 'circuits' }),
	routes: rpc.declare({ object: 'hopwire', method: 'routes' })
};

const css = [
	'.hw-facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5em,1fr));gap:.6em 1.2em;margin:0 0 1em}',
	'.hw-facts>div{min-width:0}.hw-wide{grid-column:1/-1}',
	'.hw-facts dt{opacity:.75;font-weight:normal}.hw-facts dd{margin:0;font-weight:bold;overflow-wrap:anywhere}',
	'.hw-id{display:flex;flex-wrap:wrap;align-items:center;gap:.3em .6em}',
	'.hw-id code{overflow-wrap:anywhere;min-width:0;background:none;border:0;padding:0;color:inherit}',
	'.hw-meter{min-width:5.5em;white-space:nowrap}',
	'.hw-bar{height:.45em;border-radius:.25em;background:rgba(128,128,128,.3);overflow:hidden;max-width:12em;margin:.2em 0 .3em}',
	'.hw-bar>div{height:100%}',
	'.hw-good{background:#2a9d5c}.hw-fair{background:#d99a00}.hw-poor{background:#d0342c}',
	'.hw-more>summary{cursor:pointer;font-size:120%;font-weight:bold;padding:.5em 0}',
	'.hw-more h4{margin:.8em 0 .4em}',
	'.hw-live{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}'
].join('\n');

const states = {
	active: _('active'),
	warm: _('standby'),
	opening: _('opening'),
	old: _('replaced'),
	open: _('open'),
	broken: _('broken'),
	ok: _('reachable')
};

function has(object, key) {
	return Object.prototype.hasOwnProperty.call(object, key);
}

function state(name) {
	return has(states, name) ? states[name] : String(name || '-');
}

function number(n) {
	return isFinite(n) ? Number(n) : 0;
}

function list(v) {
	return Array.isArray(v) ? v : [];
}

// short is enough of an address to tell two neighbours apart.
function short(address) {
	const a = String(address || '');
	return a.length > 16 ? a.substring(0, 8) + '…' + a.substring(a.length - 4) : (a || '-');
}

function brief(address) {
	return E('code', { 'title': String(address || '') }, [ short(address) ]);
}

function duration(seconds) {
	const s = number(seconds), whole = Math.floor;
	if (s < 60)
		return _('%d s').format(s);
	if (s < 3600)
		return _('%d min').format(whole(s / 60));
	if (s < 86400)
		return _('%d h %d min').format(whole(s / 3600), whole(s % 3600 / 60));
	return _('%d d %d h').format(whole(s / 86400), whole(s % 86400 / 3600));
}

// count shortens: a column of six-digit counters says nothing on a phone.
function count(n) {
	const v = number(n);
	if (v < 10000)
		return String(v);
	return v < 1e7 ? '%.1f k'.format(v / 1e3) : v < 1e10 ? '%.1f M'.format(v / 1e6) : '%.1f G'.format(v / 1e9);
}

function megabytes(kb) {
	return _('%.1f MB').format(number(kb) / 1024);
}

// copyText works over plain http too, where browsers hide the clipboard.
function copyText(text) {
	if (navigator.clipboard && window.isSecureContext)
		return navigator.clipboard.writeText(text);
	const area = E('textarea', { 'style': 'position:fixed;opacity:0' }, [ text ]);
	document.body.appendChild(area);
	area.select();
	const done = document.execCommand('copy');
	document.body.removeChild(area);
	return done ? Promise.resolve() : Promise.reject(new Error('copy'));
}

function copyButton(text, label) {
	return E('button', {
		'type': 'button',
		'class': 'btn cbi-button',
		'data-copy': text,
		'aria-label': label,
		'click': function(ev) {
			const b = ev.currentTarget;
			const live = document.getElementById('hw-live');
			copyText(text).then(function() { return _('Copied'); }, function() { return _('Copying failed'); }).then(function(say) {
				b.focus();
				dom.content(b, [ say ]);
				dom.content(live, [ say ]);
				window.setTimeout(function() {
					dom.content(b, [ _('Copy') ]);
					dom.content(live, []);
				}, 2000);
			});
		}
	}, [ _('Copy') ]);
}

// meter is a text with a bar below; the text alone says it all, so the bar is hidden from readers.
function meter(text, share, fair, poor, title) {
	const grade = share < fair ? 'hw-good' : share < poor ? 'hw-fair' : 'hw-poor';
	const width = Math.max(2, Math.min(100, share * 100));
	return E('div', { 'class': 'hw-meter', 'title': title }, [
		text,
		E('div', { 'class': 'hw-bar', 'aria-hidden': 'true' }, [ E('div', { 'class': grade, 'style': 'width:%.1f%%'.format(width) }) ])
	]);
}

// rtt: 1 ms to 1 s on a logarithmic bar, fair from 30 ms, poor from 150 ms.
function rtt(ms, least) {
	const v = number(ms);
	const log = function(x) { return Math.log(Math.max(1, x)) / Math.log(1000); };
	return meter(_('%.1f ms').format(v), log(v), log(30), log(150), _('least: %.1f ms').format(number(least)));
}

// loss: the bar shows the root, so that one percent can be seen; fair from 2 %, poor from 10 %.
function loss(arrow, share, title) {
	const v = Math.max(0, Math.min(1, number(share)));
	return meter('%s %.1f %%'.format(arrow, v * 100), Math.sqrt(v), Math.sqrt(.02), Math.sqrt(.1), title);
}

function speed(kbits) {
	const v = number(kbits);
	if (v <= 0)
		return '-';
	return v < 1e6 ? _('%d Mbit/s').format(v / 1000) : _('%.1f Gbit/s').format(v / 1e6);
}

// table takes cells that are text, nodes, or arrays of both.
function table(label, heads, rows, empty) {
	const t = E('table', { 'class': 'table', 'aria-label': label }, [
		E('tr', { 'class': 'tr table-titles' }, heads.map(function(h) {
			return E('th', { 'class': 'th', 'scope': 'col' }, [ h ]);
		}))
	]);
	rows.slice(0, most).forEach(function(row) {
		t.appendChild(E('tr', { 'class': 'tr' }, row.map(function(cell, i) {
			return E('td', { 'class': 'td', 'data-title': heads[i] }, Array.isArray(cell) ? cell : [ cell ]);
		})));
	});
	const note = rows.length == 0 ? empty : rows.length > most ? _('… and %d more').format(rows.length - most) : null;
	if (note)
		t.appendChild(E('tr', { 'class': 'tr placeholder' }, [ E('td', { 'class': 'td', 'colspan': heads.length }, [ E('em', {}, [ note ]) ]) ]));
	return t;
}

function fact(label, value, wide) {
	return E('div', { 'class': wide ? 'hw-wide' : null }, [ E('dt', {}, [ label ]), E('dd', {}, Array.isArray(value) ? value : [ value ]) ]);
}

function identity(text, label) {
	return E('div', { 'class': 'hw-id' }, [ E('code', {}, [ String(text || '-') ]), text ? copyButton(String(text), label) : '' ]);
}

function renderFacts(s) {
	const used = number(s.circuits), limit = number(s.max_circuits);
	return E('dl', { 'class': 'hw-facts' }, [
		fact(_('Address'), identity(s.address, _('Copy the address')), true),
		fact(_('Mesh IPv6'), identity(s.ip, _('Copy the IPv6 address')), true),
		fact(_('Uptime'), duration(s.uptime_s)),
		fact(_('Memory'), _('%s, at most %s so far').format(megabytes(s.memory_kb), megabytes(s.peak_kb))),
		fact(_('Interfaces'), list(s.interfaces).join(', ') || _('none')),
		fact(_('Neighbours'), String(number(s.links))),
		fact(_('Known nodes'), String(number(s.known))),
		fact(_('Sessions'), String(number(s.sessions))),
		fact(_('Circuits'), meter(_('%d of %d').format(used, limit), limit ? used / limit : 0, .7, .9, null)),
		fact(_('Frames in / out'), '%s / %s'.format(count(s.frames_in), count(s.frames_out))),
		fact(_('Relayed for others'), count(s.relayed)),
		fact(_('Version'), String(s.version || '-'))
	]);
}

function renderNeighbours(links) {
	return table(_('Neighbours'), [ _('Address'), _('Interface'), _('Round trip'), _('Loss'), _('Speed'), _('Up for'), _('Frames in / out') ],
		links.map(function(l) {
			return [
				E('div', { 'class': 'hw-id' }, [ brief(l.address), copyButton(String(l.address || ''), _('Copy the address %s').format(short(l.address))) ]),
				E('span', { 'title': String(l.at || '') }, [ String(l['interface'] || '-') ]),
				rtt(l.rtt_ms, l.rtt_min_ms),
				[ loss('↓', l.loss_in, _('lost on the way to us')), loss('↑', l.loss_out, _('lost on the way to the neighbour')) ],
				speed(l.kbits),
				duration(l.up_s),
				'%s / %s'.format(count(l.frames_in), count(l.frames_out))
			];
		}), _('No neighbour yet. Other nodes must have the same network key and be in reach of one of the interfaces.'));
}

function renderCircuits(all) {
	const here = all.filter(function(c) { return c.kind != 'relay'; });
	const through = all.filter(function(c) { return c.kind == 'relay'; });
	return E('div', {}, [
		E('h4', {}, [ _('From and to here') ]),
		table(_('Circuits from and to here'), [ _('Peer'), _('Opened by'), _('State'), _('Path'), _('Round trip'), _('Age'), _('Frames in / out') ],
			here.map(function(c) {
				const own = c.kind == 'own';
				return [
					brief(c.peer),
					own ? _('this node') : _('the peer'),
					state(c.state),
					own ? list(c.hops).map(short).join(' → ') || '-' : _('known to the peer only'),
					own ? _('%.1f ms').format(number(c.rtt_ms)) : '-',
					duration(c.age_s),
					'%s / %s'.format(count(c.frames_in), count(c.frames_out))
				];
			}), _('None.')),
		E('h4', {}, [ _('Through here') ]),
		table(_('Circuits through here'), [ _('From neighbour'), _('To neighbour'), _('State'), _('Age'), _('Frames in / out') ],
			through.map(function(c) {
				return [ brief(c.up), brief(c.down), state(c.state), duration(c.age_s), '%s / %s'.format(count(c.frames_in), count(c.frames_out)) ];
			}), _('None.'))
	]);
}

function renderRoutes(nodes) {
	return table(_('Known nodes'), [ _('Address'), _('Mesh IPv6'), _('Hops'), _('Path costs'), _('State') ],
		nodes.map(function(n) {
			return [ brief(n.address), E('code', {}, [ String(n.ip || '-') ]), String(number(n.hops)), _('%.1f ms').format(number(n.cost_ms)), state(n.state) ];
		}), _('No other node is known yet.'));
}

// failure reads the one shape of an answer that says no; null: the answer is good.
function failure(answer) {
	if (!L.isObject(answer))
		return { error: _('The router has no answer for hopwire (ubus code %s).').format(answer) };
	return answer.error ? answer : null;
}

function asked(method) {
	return ask[method]().catch(function(e) { return { error: e.message || String(e) }; });
}

return view.extend({
	load: function() {
		return Promise.all([ asked('status'), uci.load('hopwire').catch(function() {}) ]);
	},

	render: function(data) {
		this.node = E('div', { 'class': 'cbi-map' }, [
			E('style', {}, [ css ]),
			E('h2', {}, [ _('Hopwire') ]),
			E('div', { 'id': 'hw-live', 'class': 'hw-live', 'role': 'status' }),
			E('div', { 'id': 'hw-alert', 'role': 'alert' }),
			E('div', { 'id': 'hw-running', 'hidden': '' }, [
				E('div', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('This node') ]), E('div', { 'id': 'hw-facts' }) ]),
				E('div', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('Neighbours') ]), E('div', { 'id': 'hw-neighbours' }) ]),
				this.section('circuits', _('Circuits')),
				this.section('routes', _('Known nodes'))
			])
		]);
		this.show('status', data[0]);
		poll.add(L.bind(this.refresh, this), interval);
		this.refreshLists();
		return this.node;
	},

	// section is a list that is asked for only while it is open.
	section: function(name, title) {
		return E('div', { 'class': 'cbi-section' }, [
			E('details', { 'id': 'hw-%s-more'.format(name), 'class': 'hw-more', 'toggle': L.bind(this.refreshLists, this) }, [
				E('summary', {}, [ title ]), E('div', { 'id': 'hw-' + name }, [ E('em', {}, [ _('Loading…') ]) ])
			])
		]);
	},

	find: function(id) {
		return this.node.querySelector('#' + id);
	},

	refresh: function() {
		if (document.hidden)
			return Promise.resolve();
		return asked('status').then(L.bind(function(s) {
			this.show('status', s);
			return this.refreshLists();
		}, this));
	},

	refreshLists: function() {
		if (!this.running)
			return Promise.resolve();
		const open = [ 'neighbours' ].concat([ 'circuits', 'routes' ].filter(L.bind(function(name) {
			return this.find('hw-%s-more'.format(name)).open;
		}, this)));
		return Promise.all(open.map(L.bind(function(name) {
			return asked(name).then(L.bind(this.show, this, name));
		}, this)));
	},

	show: function(name, answer) {
		const wrong = failure(answer);
		if (name == 'status') {
			this.running = !wrong;
			this.find('hw-running').hidden = !!wrong;
			this.showAlert(wrong);
		}
		if (wrong)
			return name == 'status' ? null : this.put(name, E('em', {}, [ String(wrong.error) ]));
		switch (name) {
		case 'status': return this.put('facts', renderFacts(answer));
		case 'neighbours': return this.put(name, renderNeighbours(list(answer.neighbours)));
		case 'circuits': return this.put(name, renderCircuits(list(answer.circuits)));
		case 'routes': return this.put(name, renderRoutes(list(answer.routes)));
		}
	},

	// put replaces a part of the page, but not under the user's hands: a selection
	// stays, and so does the keyboard's place.
	put: function(name, content) {
		const box = this.find('hw-' + name), at = document.activeElement, picked = window.getSelection();
		if (picked && !picked.isCollapsed && box.contains(picked.anchorNode))
			return;
		const key = at && box.contains(at) ? at.getAttribute('data-copy') : null;
		dom.content(box, [ content ]);
		if (key != null)
			box.querySelectorAll('[data-copy]').forEach(function(b) {
				if (b.getAttribute('data-copy') == key)
					b.focus();
			});
	},

	// showAlert changes only with its text, or a reader would say it at every poll.
	showAlert: function(wrong) {
		const off = wrong && uci.get('hopwire', 'node', 'enabled') == '0';
		const text = wrong ? [ off, wrong.error, wrong.hint ].join('\n') : '';
		if (text == this.alerted)
			return;
		this.alerted = text;
		dom.content(this.find('hw-alert'), !wrong ? [] : [
			E('div', { 'class': 'alert-message warning' }, [
				E('h4', {}, [ _('Hopwire is not running') ]),
				E('p', {}, [ String(wrong.error) ]),
				wrong.hint ? E('p', {}, [ _('Hint: %s').format(wrong.hint) ]) : '',
				E('p', {}, off
					? [ _('It is switched off in the settings.') ]
					: [ _('The system log says why it stopped; look for lines that begin with hopwire.') ]),
				E('div', { 'class': 'right' }, this.alertButtons(off))
			])
		]);
	},

	alertButtons: function(off) {
		const buttons = [ E('a', { 'class': 'btn cbi-button', 'href': L.url('admin/services/hopwire/settings') }, [ _('Settings') ]) ];
		if (!off && L.hasViewPermission() !== false)
			buttons.push(' ', E('button', { 'type': 'button', 'class': 'btn cbi-button cbi-button-positive', 'click': ui.createHandlerFn(this, 'handleStart') }, [ _('Start') ]));
		return buttons;
	},

	handleStart: function() {
		return fs.exec('/etc/init.d/hopwire', [ 'start' ]).then(function(r) {
			if (r.code)
				throw new Error(r.stderr || _('exit code %d').format(r.code));
		}).catch(function(e) {
			ui.addNotification(null, E('p', {}, [ _('Hopwire could not be started: %s').format(e.message) ]), 'error');
		}).then(L.bind(this.refresh, this));
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});

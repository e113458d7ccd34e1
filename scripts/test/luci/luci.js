'use strict';
// A stand-in for the part of LuCI's browser side that our pages use, written from
// its documented behaviour, as LuCI itself is in no package registry. It keeps what
// is dangerous there: a bare string is HTML, the strings of an array are text.

(function() {
	// format is LuCI's String.prototype.format: the conversions that are used.
	String.prototype.format = function() {
		const args = arguments;
		let i = 0;
		return this.replace(/%(%|(\.\d+)?([sdfht]))/g, function(all, what, precision, type) {
			if (what == '%')
				return '%';
			const v = args[i++];
			switch (type) {
			case 'd': return String(Math.floor(+v || 0));
			case 'f': return (+v || 0).toFixed(precision ? +precision.substring(1) : 6);
			case 'h': return String(v).replace(/[&<>"']/g, function(c) { return '&#%d;'.format(c.charCodeAt(0)); });
			default: return String(v);
			}
		});
	};

	const words = window.stub.words;
	window._ = function(s) { return words[s] || s; };

	const dom = {
		elem: function(e) { return e != null && typeof e == 'object' && 'nodeType' in e; },
		append: function(node, children) {
			if (Array.isArray(children))
				children.forEach(function(c) {
					node.appendChild(dom.elem(c) ? c : document.createTextNode('' + c));
				});
			else if (dom.elem(children))
				node.appendChild(children);
			else if (children != null)
				node.innerHTML = '' + children;
			return node.lastChild;
		},
		content: function(node, children) {
			while (node.firstChild)
				node.removeChild(node.firstChild);
			return dom.append(node, children);
		},
		attr: function(node, attrs) {
			Object.keys(attrs).forEach(function(k) {
				const v = attrs[k];
				if (v == null)
					return;
				if (typeof v == 'function')
					node.addEventListener(k, v);
				else
					node.setAttribute(k, typeof v == 'object' ? JSON.stringify(v) : v);
			});
		}
	};

	window.E = function(tag, attrs, children) {
		if (Array.isArray(tag)) {
			const f = document.createDocumentFragment();
			dom.append(f, tag);
			return f;
		}
		if (children === undefined && (Array.isArray(attrs) || typeof attrs != 'object')) {
			children = attrs;
			attrs = {};
		}
		const node = document.createElement(tag);
		dom.attr(node, attrs || {});
		dom.append(node, children);
		return node;
	};

	const L = window.L = {
		dom: dom,
		bind: function(f, self) {
			return Function.prototype.bind.apply(f, Array.prototype.slice.call(arguments, 1));
		},
		isObject: function(v) { return v != null && typeof v == 'object'; },
		toArray: function(v) {
			if (v == null)
				return [];
			if (Array.isArray(v))
				return v;
			const s = String(v).trim();
			return s == '' ? [] : s.split(/\s+/);
		},
		url: function(path) { return '/cgi-bin/luci/' + path; },
		hasViewPermission: function() { return window.stub.writable; },
		env: {}
	};

	let id = 1, queue = null;
	// send batches the calls of one turn into one request, as LuCI does.
	function send(message) {
		if (!queue) {
			const batch = queue = [];
			Promise.resolve().then(function() {
				queue = null;
				fetch('/ubus', { method: 'POST', body: JSON.stringify(batch.map(function(q) { return q.message; })) })
					.then(function(r) { return r.json(); })
					.then(function(answers) { batch.forEach(function(q, i) { q.done(answers[i]); }); },
						function(e) { batch.forEach(function(q) { q.fail(e); }); });
			});
		}
		return new Promise(function(done, fail) { queue.push({ message: message, done: done, fail: fail }); });
	}

	const rpc = {
		declare: function(o) {
			return function() {
				const args = arguments, params = {};
				(o.params || []).forEach(function(name, i) { params[name] = args[i]; });
				return send({ jsonrpc: '2.0', id: id++, method: 'call', params: [ 'session', o.object, o.method, params ] }).then(function(m) {
					if (m.error)
						throw new Error('RPC call to %s/%s failed with error %d: %s'.format(o.object, o.method, m.error.code, m.error.message));
					let v = m.result.length > 1 ? m.result[1] : m.result[0];
					for (const key in o.expect || {}) {
						if (v != null && key != '')
							v = v[key];
						const like = Object.prototype.toString;
						if (v == null || like.call(v) != like.call(o.expect[key]))
							v = o.expect[key];
					}
					return v;
				});
			};
		}
	};

	const poll = {
		add: function(f, seconds) {
			let busy = false;
			window.setInterval(function() {
				if (busy)
					return;
				busy = true;
				Promise.resolve(f()).finally(function() { busy = false; });
			}, seconds * 1000);
		}
	};

	const ui = {
		createHandlerFn: function(self, f) {
			const extra = Array.prototype.slice.call(arguments, 2);
			const method = typeof f == 'string' ? self[f] : f;
			return function(ev) {
				const b = ev.currentTarget;
				b.classList.add('spinning');
				b.disabled = true;
				Promise.resolve(method.apply(self, extra.concat(ev))).finally(function() {
					b.classList.remove('spinning');
					b.disabled = false;
				});
			};
		},
		addNotification: function(title, children, style) {
			const n = E('div', { 'class': 'alert-message ' + (style || 'notice') }, Array.isArray(children) ? children : [ children ]);
			document.getElementById('maincontent').insertBefore(n, document.getElementById('view'));
			return n;
		}
	};

	const fs = {
		exec: function(command, params) {
			return rpc.declare({ object: 'file', method: 'exec', params: [ 'command', 'params', 'env' ] })(command, params, null);
		}
	};

	// uci keeps changes here until save, in the order of LuCI: add, set, delete.
	const uci = {
		values: {}, created: {}, changed: {}, deleted: {}, next: 0,
		load: function(names) {
			return Promise.all(L.toArray(names).map(function(c) {
				return uci.values[c] ? null : rpc.declare({ object: 'uci', method: 'get', params: [ 'config' ], expect: { values: {} } })(c)
					.then(function(v) { uci.values[c] = v; });
			}));
		},
		sections: function(c, type) {
			const all = Object.values(uci.values[c] || {}).filter(function(s) { return uci.deleted[c + '.' + s['.name']] !== true; })
				.map(function(s) { return Object.assign({}, s, uci.changed[c + '.' + s['.name']]); })
				.concat(Object.values(uci.created).filter(function(s) { return s['.config'] == c; }));
			return all.filter(function(s) { return !type || s['.type'] == type; }).sort(function(a, b) { return a['.index'] - b['.index']; });
		},
		get: function(c, sid, option) {
			const at = c + '.' + sid, made = uci.created[at], base = (uci.values[c] || {})[sid];
			if (option == null)
				return made || base;
			if (made)
				return made[option];
			if (uci.deleted[at] === true || (uci.deleted[at] || []).indexOf(option) >= 0)
				return undefined;
			const set = (uci.changed[at] || {})[option];
			return set != null ? set : base ? base[option] : undefined;
		},
		set: function(c, sid, option, value) {
			const at = c + '.' + sid, made = uci.created[at], base = (uci.values[c] || {})[sid];
			if (made) {
				if (value != null)
					made[option] = value;
				else
					delete made[option];
				return;
			}
			if (!base)
				return;
			if (value != null && value !== '') {
				(uci.changed[at] = uci.changed[at] || {})[option] = value;
				if (Array.isArray(uci.deleted[at]))
					uci.deleted[at] = uci.deleted[at].filter(function(o) { return o != option; });
			}
			else if (option in base || option in (uci.changed[at] || {})) {
				delete (uci.changed[at] || {})[option];
				(uci.deleted[at] = uci.deleted[at] || []).push(option);
			}
		},
		unset: function(c, sid, option) { uci.set(c, sid, option, null); },
		add: function(c, type, name) {
			const sid = name || 'new' + uci.next;
			uci.created[c + '.' + sid] = { '.config': c, '.type': type, '.name': sid, '.anonymous': !name, '.create': name, '.index': 1000 + uci.next++ };
			return sid;
		},
		remove: function(c, sid) {
			if (uci.created[c + '.' + sid])
				delete uci.created[c + '.' + sid];
			else
				uci.deleted[c + '.' + sid] = true;
		},
		save: function() {
			const call = function(method, params) { return rpc.declare({ object: 'uci', method: method, params: params }); };
			const add = call('add', [ 'config', 'type', 'name', 'values' ]), set = call('set', [ 'config', 'section', 'values' ]), del = call('delete', [ 'config', 'section', 'options' ]);
			const clean = function(s) { return Object.fromEntries(Object.entries(s).filter(function(e) { return e[0][0] != '.'; })); };
			const split = function(at) { return at.split('.'); };
			const tasks = Object.values(uci.created).map(function(s) { return add(s['.config'], s['.type'], s['.create'], clean(s)); })
				.concat(Object.keys(uci.changed).filter(function(at) { return Object.keys(uci.changed[at]).length; }).map(function(at) { return set(split(at)[0], split(at)[1], uci.changed[at]); }))
				.concat(Object.keys(uci.deleted).filter(function(at) { return uci.deleted[at] === true || uci.deleted[at].length; }).map(function(at) {
					return del(split(at)[0], split(at)[1], uci.deleted[at] === true ? undefined : uci.deleted[at]);
				}));
			return Promise.all(tasks).then(function() {
				const names = Object.keys(uci.values);
				uci.values = {}; uci.created = {}; uci.changed = {}; uci.deleted = {};
				return uci.load(names);
			});
		}
	};

	// view is the class that a page extends; LuCI shows its buttons unless they are null.
	const view = {
		extend: function(members) {
			const v = Object.assign({
				load: function() {},
				handleSave: function() {
					return Promise.all(Array.prototype.map.call(document.querySelectorAll('#view .cbi-map'), function(n) { return n.map ? n.map.save() : null; }));
				},
				handleReset: function() {},
				handleSaveApply: function() {
					return this.handleSave().then(function() {
						return rpc.declare({ object: 'uci', method: 'apply', params: [ 'timeout', 'rollback' ] })(10, true);
					});
				}
			}, members);
			return v;
		}
	};

	const protocols = {};
	const network = {
		registerProtocol: function(name, members) { return protocols[name] = members; },
		codes: [],
		registerErrorCode: function(code) { network.codes.push(code); },
		getIfnameOf: function(x) { return x; }
	};

	const modules = L.modules = { baseclass: {}, dom: dom, rpc: rpc, poll: poll, ui: ui, uci: uci, fs: fs, view: view, network: network };

	// require runs a file as LuCI's loader does: its 'require' strings become variables.
	L.require = function(name) {
		if (modules[name])
			return Promise.resolve(modules[name]);
		return fetch('/luci-static/resources/' + name.replace(/\./g, '/') + '.js').then(function(r) {
			if (!r.ok)
				throw new Error('no module ' + name);
			return r.text();
		}).then(function(source) {
			const names = [], needs = [];
			source.replace(/^'require (\S+)(?: as (\S+))?';$/gm, function(all, dep, as) {
				names.push(as || dep.replace(/[^a-zA-Z0-9_]/g, '_'));
				needs.push(L.require(dep));
			});
			return Promise.all(needs).then(function(deps) {
				return modules[name] = new Function(names.join(','), source).apply(L, deps);
			});
		});
	};

	L.show = function(name) {
		const box = document.getElementById('view');
		return L.require('view.' + name).then(function(v) {
			return Promise.resolve(v.load()).then(function(data) { return v.render(data); }).then(function(node) {
				dom.content(box, node);
				const buttons = [ [ 'handleSaveApply', _('Save & Apply'), 'cbi-button-apply' ], [ 'handleSave', _('Save'), 'cbi-button-save' ], [ 'handleReset', _('Reset'), 'cbi-button-reset' ] ]
					.filter(function(b) { return v[b[0]]; });
				if (buttons.length)
					box.appendChild(E('div', { 'class': 'cbi-page-actions' }, buttons.map(function(b) {
						return E('button', { 'class': 'cbi-button ' + b[2], 'click': ui.createHandlerFn(v, b[0]) }, [ b[1] ]);
					})));
				document.body.setAttribute('data-ready', '1');
			});
		}).catch(function(e) {
			document.body.setAttribute('data-failed', e.stack || e);
		});
	};
})();

'use strict';
'require uci';
'require ui';

// A stand-in for LuCI's form.js: maps, sections, tabs and the options that our
// settings use, with validation at the field and nothing saved while one is wrong.

const types = {
	uinteger: function(v) { return /^\d+$/.test(v) || _('positive integer value'); },
	range: function(v, a, b) { return (/^-?\d+(\.\d+)?$/.test(v) && +v >= a && +v <= b) || 'value between %d and %d'.format(a, b); },
	maxlength: function(v, n) { return new Blob([ v ]).size <= n || 'value with at most %d characters'.format(n); },
	rangelength: function(v, a, b) { const n = new Blob([ v ]).size; return (n >= a && n <= b) || 'value between %d and %d characters'.format(a, b); },
	uciname: function(v) { return /^[a-zA-Z0-9_]+$/.test(v) || 'valid UCI identifier'; },
	netdevname: function(v) { return (v != '.' && v != '..' && /^[^:/%\s]{1,15}$/.test(v)) || 'valid network device name'; }
};

function checkType(datatype, value) {
	if (!datatype)
		return true;
	const m = datatype.match(/^(\w+)(?:\((.*)\))?$/);
	if (!types[m[1]])
		throw new Error('unknown datatype ' + datatype);
	const ok = types[m[1]].apply(null, [ value ].concat(m[2] ? m[2].split(',').map(Number) : []));
	return ok === true || 'Expecting: %s'.format(ok);
}

function equal(a, b) {
	return JSON.stringify(a == null ? null : a) == JSON.stringify(b == null ? null : b);
}

class Value {
	constructor(section, option, title, description) {
		Object.assign(this, { section: section, map: section.map, option: option, title: title, description: description, rmempty: true, optional: false, default: null, keys: [], fields: {} });
	}
	value(key, label) { this.keys.push([ key, label == null ? key : label ]); }
	validate() { return true; }
	cfgvalue(sid) { return uci.get(this.map.config, sid, this.option); }
	formvalue(sid) { return this.fields[sid] ? this.fields[sid].get() : null; }
	write(sid, v) { uci.set(this.map.config, sid, this.option, v); }
	remove(sid) { uci.unset(this.map.config, sid, this.option); }
	id(sid) { return 'widget.cbid.%s.%s.%s'.format(this.map.config, sid, this.option); }

	// judge is LuCI's validator: empty, then the datatype, then the option's own check.
	judge(sid, v) {
		const empty = v === '' || v == null;
		if (empty && !(this.optional || this.rmempty))
			return 'Expecting: %s'.format('non-empty value');
		const ok = empty ? true : checkType(this.datatype, v);
		return ok === true ? this.validate(sid, v == null ? '' : v) : ok;
	}
	mark(input, ok) {
		input.classList.toggle('cbi-input-invalid', ok !== true);
		if (ok === true)
			input.removeAttribute('data-tooltip');
		else
			input.setAttribute('data-tooltip', ok);
		const old = input.parentNode && input.parentNode.querySelector(':scope > .cbi-tooltip');
		if (old)
			old.remove();
		if (ok !== true && input.parentNode)
			input.parentNode.appendChild(E('div', { 'class': 'cbi-tooltip error', 'role': 'alert' }, [ ok ]));
		return ok === true;
	}
	check(sid) {
		const f = this.fields[sid];
		return this.mark(f.input, this.judge(sid, f.get()));
	}
	widget(sid, v) {
		const input = E('input', { 'type': this.password ? 'password' : 'text', 'class': 'cbi-input-text', 'id': this.id(sid), 'placeholder': this.placeholder, 'value': v == null ? '' : v });
		input.addEventListener('blur', () => this.check(sid));
		this.fields[sid] = { input: input, get: function() { return input.value.trim(); } };
		return input;
	}
	render(sid, table) {
		const v = this.cfgvalue(sid), w = this.widget(sid, v != null ? v : this.default);
		if (table)
			return E('td', { 'class': 'td cbi-value-field', 'data-title': this.title, 'data-name': this.option }, E('div', {}, [ w ]));
		return E('div', { 'class': 'cbi-value', 'data-name': this.option }, [
			E('label', { 'class': 'cbi-value-title', 'for': this.id(sid) }, this.title),
			E('div', { 'class': 'cbi-value-field' }, [ E('div', {}, [ w ]), this.description ? E('div', { 'class': 'cbi-value-description' }, this.description) : '' ])
		]);
	}
	parse(sid) {
		if (!this.fields[sid])
			return true;
		if (!this.check(sid))
			return false;
		const v = this.formvalue(sid);
		if (v != null && v !== '' && !(Array.isArray(v) && !v.length)) {
			if (!equal(this.cfgvalue(sid), v))
				this.write(sid, v);
		}
		else
			this.remove(sid);
		return true;
	}
}

class Flag extends Value {
	constructor(...args) {
		super(...args);
		Object.assign(this, { enabled: '1', disabled: '0', default: '0' });
	}
	widget(sid, v) {
		const input = E('input', { 'type': 'checkbox', 'id': this.id(sid), 'checked': v == this.enabled ? '' : null });
		this.fields[sid] = { input: input, get: () => input.checked ? this.enabled : this.disabled };
		return input;
	}
	parse(sid) {
		const v = this.formvalue(sid);
		if (v == this.default && (this.optional || this.rmempty))
			this.remove(sid);
		else if (!equal(this.cfgvalue(sid), v))
			this.write(sid, v);
		return true;
	}
}

class ListValue extends Value {
	widget(sid, v) {
		const input = E('select', { 'class': 'cbi-input-select', 'id': this.id(sid) }, this.keys.map(function(k) {
			return E('option', { 'value': k[0], 'selected': k[0] == v ? '' : null }, [ k[1] ]);
		}));
		this.fields[sid] = { input: input, get: function() { return input.value; } };
		return input;
	}
}

// DynamicList shows items with a field to add one; a wrong item is not taken.
class DynamicList extends Value {
	widget(sid, v) {
		const items = L.toArray(v).slice(), box = E('div', { 'class': 'cbi-dynlist', 'id': this.id(sid) });
		const labels = Object.fromEntries(this.keys), listid = this.id(sid) + '.list';
		const draw = () => {
			L.dom.content(box, items.map((item, i) => E('div', { 'class': 'item', 'tabindex': 0, 'data-value': item, 'click': () => { items.splice(i, 1); draw(); } }, [ E('span', {}, [ labels[item] || item ]) ])));
			const input = E('input', { 'type': 'text', 'class': 'cbi-input-text', 'placeholder': this.placeholder, 'list': this.keys.length ? listid : null, 'aria-label': this.title });
			const take = () => {
				const t = input.value.trim();
				if (t && this.mark(input, this.judge(sid, t))) {
					items.push(t);
					draw();
				}
			};
			input.addEventListener('blur', () => input.value ? take() : null);
			box.appendChild(E('div', { 'class': 'add-item' }, [ input,
				this.keys.length ? E('datalist', { 'id': listid }, this.keys.map(function(k) { return E('option', { 'value': k[0] }, [ k[1] ]); })) : '' ]));
			this.fields[sid].input = input;
		};
		this.fields[sid] = { input: null, get: function() { return items.slice(); } };
		draw();
		return box;
	}
	check(sid) {
		const f = this.fields[sid], text = f.input.value.trim();
		return f.get().every((item) => this.judge(sid, item) === true) && (!text || this.mark(f.input, this.judge(sid, text)));
	}
}

class DummyValue extends Value {
	widget(sid, v) { return E('div', {}, [ v ]); }
	parse() { return true; }
}

class Button extends Value {
	widget() { return E('button', { 'type': 'button', 'class': 'cbi-button cbi-button-' + (this.inputstyle || 'button'), 'click': ui.createHandlerFn(this, this.onclick) }, [ this.inputtitle || this.title ]); }
	parse() { return true; }
}

class Section {
	constructor(map, type, title, description) {
		Object.assign(this, { map: map, sectiontype: type, title: title, description: description, children: [], tabs: [], addremove: false });
	}
	tab(name, title) { this.tabs.push({ name: name, title: title }); }
	option(cls, ...args) {
		const o = new cls(this, ...args);
		this.children.push(o);
		return o;
	}
	taboption(tab, cls, ...args) {
		if (!this.tabs.some(function(t) { return t.name == tab; }))
			throw new Error('no tab ' + tab);
		const o = this.option(cls, ...args);
		o.tab = tab;
		return o;
	}
	formvalue(sid, option) {
		const o = this.children.find(function(c) { return c.option == option; });
		return o ? o.formvalue(sid) : null;
	}
	cfgsections() { return uci.sections(this.map.config, this.sectiontype).map(function(s) { return s['.name']; }); }
	parse() {
		return this.cfgsections().map((sid) => this.children.map((o) => o.parse(sid)).every(Boolean)).every(Boolean);
	}
	head() {
		return [ this.title ? E('h3', {}, this.title) : '', this.description ? E('div', { 'class': 'cbi-section-descr' }, this.description) : '' ];
	}
}

class NamedSection extends Section {
	constructor(map, name, type, title, description) {
		super(map, type, title, description);
		this.section = name;
	}
	cfgsections() { return [ this.section ]; }
	render() {
		const menu = E('ul', { 'class': 'cbi-tabmenu' }), panes = this.tabs.map((t) =>
			E('div', { 'data-tab': t.name, 'data-tab-title': t.title }, this.children.filter(function(o) { return o.tab == t.name; }).map((o) => o.render(this.section))));
		const pick = (name) => {
			panes.forEach(function(p) { p.hidden = p.getAttribute('data-tab') != name; });
			Array.prototype.forEach.call(menu.children, function(li) { li.className = li.getAttribute('data-tab') == name ? 'cbi-tab' : 'cbi-tab-disabled'; });
		};
		this.tabs.forEach(function(t) {
			menu.appendChild(E('li', { 'data-tab': t.name }, [ E('a', { 'href': '#', 'click': function(ev) { ev.preventDefault(); pick(t.name); } }, [ t.title ]) ]));
		});
		pick(this.tabs[0].name);
		return E('div', { 'class': 'cbi-section', 'id': 'cbi-%s-%s'.format(this.map.config, this.section) }, this.head().concat(menu, panes));
	}
}

class TableSection extends Section {
	render() {
		const table = E('table', { 'class': 'table cbi-section-table' }, [
			E('tr', { 'class': 'tr cbi-section-table-titles' }, this.children.map(function(o) { return E('th', { 'class': 'th' }, o.title); }).concat(E('th', { 'class': 'th' }, [ '' ])))
		]);
		const sids = this.cfgsections();
		sids.forEach((sid) => table.appendChild(E('tr', { 'class': 'tr cbi-section-table-row', 'data-sid': sid }, this.children.map(function(o) { return o.render(sid, true); }).concat(
			E('td', { 'class': 'td cbi-section-actions' }, [ E('button', { 'class': 'cbi-button cbi-button-remove', 'click': ui.createHandlerFn(this, 'handleRemove', sid) }, [ 'Delete' ]) ])))));
		if (!sids.length)
			table.appendChild(E('tr', { 'class': 'tr placeholder' }, E('td', { 'class': 'td', 'colspan': this.children.length + 1 }, E('em', {}, [ 'This section contains no values yet' ]))));
		return E('div', { 'class': 'cbi-section', 'id': 'cbi-%s-%s'.format(this.map.config, this.sectiontype) }, this.head().concat(table,
			E('div', { 'class': 'cbi-section-create' }, [ E('button', { 'class': 'cbi-button cbi-button-add', 'click': ui.createHandlerFn(this, 'handleAdd') }, [ this.addbtntitle || 'Add' ]) ])));
	}
	handleAdd() {
		uci.add(this.map.config, this.sectiontype);
		return this.map.draw();
	}
	handleRemove(sid) {
		uci.remove(this.map.config, sid);
		return this.map.draw();
	}
}

class FormMap {
	constructor(config, title, description) {
		Object.assign(this, { config: config, title: title, description: description, children: [] });
	}
	section(cls, ...args) {
		const s = new cls(this, ...args);
		this.children.push(s);
		return s;
	}
	render() { return uci.load(this.config).then(() => this.draw()); }
	draw() {
		this.root = this.root || E('div', { 'class': 'cbi-map', 'id': 'cbi-' + this.config });
		this.root.map = this;
		L.dom.content(this.root, [ E('h2', {}, this.title), E('div', { 'class': 'cbi-map-descr' }, this.description) ].concat(this.children.map(function(s) { return s.render(); })));
		return this.root;
	}
	save() {
		if (!this.children.map(function(s) { return s.parse(); }).every(Boolean)) {
			ui.addNotification(null, E('p', {}, [ 'Cannot save due to invalid values' ]), 'error');
			return Promise.reject(new Error('invalid'));
		}
		return uci.save().then(() => this.draw());
	}
}

return { Map: FormMap, NamedSection: NamedSection, TableSection: TableSection, Value: Value, Flag: Flag, ListValue: ListValue, DynamicList: DynamicList, Button: Button, DummyValue: DummyValue };

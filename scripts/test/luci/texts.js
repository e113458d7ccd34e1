'use strict';
// texts.js [-w]: the texts of luci-app-hopwire. Without -w it checks that hopwire.pot
// has exactly the texts of the pages, the menu and the rights, that every translation
// has all of them with the same %-places, and that menu, rights and views agree; with
// -w it writes hopwire.pot and puts new texts into the translations, to be filled in.

const fs = require('fs');
const path = require('path');

const app = path.join(__dirname, '../../../openwrt/luci-app-hopwire');
const faults = [];

function files(folder, end) {
	return fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1).flatMap((e) => {
		const p = path.join(folder, e.name);
		return e.isDirectory() ? files(p, end) : p.endsWith(end) ? [ p ] : [];
	});
}

// collect finds _('…') with where it stands; a text that is put together cannot be translated.
function collect() {
	const found = new Map();
	const add = (text, where) => found.set(text, (found.get(text) || []).concat(where));
	for (const f of files(path.join(app, 'htdocs'), '.js')) {
		const name = path.relative(path.join(__dirname, '../../..'), f);
		const source = fs.readFileSync(f, 'utf8');
		for (const m of source.matchAll(/(?<![\w$.])_\(\s*/g)) {
			const rest = source.substring(m.index + m[0].length), line = source.substring(0, m.index).split('\n').length;
			const s = rest.match(/^'((?:[^'\\\n]|\\.)*)'\s*\)/);
			if (s)
				add(s[1].replace(/\\(.)/g, '$1'), name + ':' + line);
			else
				faults.push(name + ':' + line + ': the text of _() is not one literal');
		}
	}
	for (const f of files(path.join(app, 'root/usr/share'), '.json')) {
		const name = path.relative(path.join(__dirname, '../../..'), f);
		for (const v of Object.values(JSON.parse(fs.readFileSync(f, 'utf8'))))
			add(v.title || v.description, name);
	}
	return found;
}

function quote(s) {
	return '"' + s.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') + '"';
}

function readPo(file) {
	const entries = new Map();
	let id = null, into = null;
	const text = { msgid: '', msgstr: '' };
	const flush = () => { if (id != null && text.msgid) entries.set(text.msgid, text.msgstr); };
	for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
		const m = line.match(/^(?:(msgid|msgstr) )?(".*")$/);
		if (!m)
			continue;
		if (m[1] == 'msgid') {
			flush();
			id = true;
			text.msgid = text.msgstr = '';
		}
		into = m[1] || into;
		text[into] += JSON.parse(m[2]);
	}
	flush();
	return entries;
}

function writePo(file, header, found, words) {
	const sorted = [ ...found.keys() ].sort();
	fs.writeFileSync(file, 'msgid ""\nmsgstr ""\n' + header.map((h) => quote(h + '\n') + '\n').join('') +
		sorted.map((t) => '\n' + found.get(t).map((w) => '#: ' + w + '\n').join('') + 'msgid ' + quote(t) + '\nmsgstr ' + quote(words.get(t) || '') + '\n').join(''));
}

// A translation's line numbers may age: only the template's matter, and only its texts are compared.
function check(found) {
	const places = (s) => (s.match(/%(?:\.\d+)?[a-z%]/g) || []).join(' ');
	const pot = readPo(path.join(app, 'po/templates/hopwire.pot'));
	for (const t of found.keys())
		if (!pot.has(t))
			faults.push('hopwire.pot lacks: ' + t);
	for (const t of pot.keys())
		if (!found.has(t))
			faults.push('hopwire.pot has what no page says: ' + t);
	for (const f of files(path.join(app, 'po'), '.po')) {
		const words = readPo(f), name = path.relative(app, f);
		for (const t of found.keys())
			if (!words.get(t))
				faults.push(name + ' lacks: ' + t);
			else if (places(t) != places(words.get(t)))
				faults.push(name + ': places differ: ' + t);
		for (const t of words.keys())
			if (!found.has(t))
				faults.push(name + ' has what no page says: ' + t);
	}
}

function checkNames() {
	const share = path.join(app, 'root/usr/share');
	const menu = JSON.parse(fs.readFileSync(path.join(share, 'luci/menu.d/luci-app-hopwire.json')));
	const acl = JSON.parse(fs.readFileSync(path.join(share, 'rpcd/acl.d/luci-app-hopwire.json')));
	for (const [ at, entry ] of Object.entries(menu)) {
		for (const name of (entry.depends || {}).acl || [])
			if (!acl[name])
				faults.push('menu ' + at + ' depends on rights that acl.d lacks: ' + name);
		if (entry.action.type == 'view' && !fs.existsSync(path.join(app, 'htdocs/luci-static/resources/view', entry.action.path + '.js')))
			faults.push('menu ' + at + ' names a view that is not there: ' + entry.action.path);
	}
	if (!Object.values(menu).some((e) => ((e.depends || {}).acl || []).length))
		faults.push('the menu depends on no rights');
	const views = Object.values(menu).map((e) => e.action.path);
	for (const f of files(path.join(app, 'htdocs/luci-static/resources/view'), '.js')) {
		const name = path.relative(path.join(app, 'htdocs/luci-static/resources/view'), f).replace(/\.js$/, '');
		if (!views.includes(name))
			faults.push('no menu entry shows ' + name);
	}
}

const found = collect();
if (process.argv[2] == '-w') {
	const pot = path.join(app, 'po/templates/hopwire.pot');
	writePo(pot, [ 'Content-Type: text/plain; charset=UTF-8' ], found, new Map());
	for (const f of files(path.join(app, 'po'), '.po')) {
		const words = readPo(f), language = path.basename(path.dirname(f));
		writePo(f, [ 'Content-Type: text/plain; charset=UTF-8', 'Content-Transfer-Encoding: 8bit', 'Language: ' + language, 'Plural-Forms: nplurals=2; plural=n != 1;' ], found, words);
	}
}
else if (require.main === module) {
	check(found);
	checkNames();
	faults.forEach((f) => console.log('not ok - texts: ' + f));
	if (!faults.length)
		console.log('ok - texts: %d texts, template, translations, menu and rights agree', found.size);
	process.exit(faults.length ? 1 : 0);
}

module.exports = { readPo };

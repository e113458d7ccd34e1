'use strict';
// test.js MODULES SHOTS: the pages in a headless browser against a stub ubus.
// MODULES is the folder with playwright-core, SHOTS takes the pictures.

const fs = require('fs');
const path = require('path');
const assert = require('assert');
const { chromium } = require(path.join(process.argv[2], 'playwright-core'));
const { Router, app } = require('./server.js');
const { readPo } = require('./texts.js');

const shots = process.argv[3];
const address = (c) => c.repeat(7) + 'qrst' + c.repeat(45);
const evil = '<img src=x onerror="window.broken=1"><b id=evil>x</b>';

const router = new Router();
let browser, url, passed = 0, failed = 0;

const status = () => ({ address: address('a'), ip: 'fd68:6f70:1234:5678:9abc:def0:1234:5678', version: '0.1.0', uptime_s: 187261, interfaces: [ 'eth1', 'phy0-mesh0' ], links: 3, known: 42, sessions: 5,
	circuits: 311, max_circuits: 2048, frames_in: 18234567, frames_out: 17999321, relayed: 16543210, memory_kb: 10138, peak_kb: 11520 });
const neighbour = (c, dev, rtt, lin, lout, kbits) => ({ address: address(c), 'interface': dev, at: '02:00:00:00:00:0' + c.charCodeAt(0) % 10, up_s: 93784, rtt_ms: rtt, rtt_min_ms: rtt * .7, loss_in: lin, loss_out: lout, kbits: kbits, frames_in: 123456, frames_out: 7890, version: 1 });
const neighbours = () => ({ neighbours: [ neighbour('b', 'eth1', .412, 0, 0, 1000000), neighbour('c', 'phy0-mesh0', 42.7, .031, .012, 72000), neighbour('d', 'udp', 231.5, .184, .062, 0) ] });
const circuits = () => ({ circuits: [
	{ kind: 'own', state: 'active', peer: address('e'), hops: [ address('b'), address('f'), address('e') ], up: '', down: address('b'), age_s: 312, rtt_ms: 18.25, frames_in: 4521, frames_out: 3987 },
	{ kind: 'end', state: 'open', peer: address('g'), hops: [], up: address('c'), down: '', age_s: 42, rtt_ms: 0, frames_in: 99, frames_out: 101 },
	{ kind: 'relay', state: 'open', peer: '', hops: [], up: address('b'), down: address('c'), age_s: 601, rtt_ms: 0, frames_in: 654321, frames_out: 123 },
	{ kind: 'relay', state: 'broken', peer: '', hops: [], up: address('d'), down: address('c'), age_s: 77, rtt_ms: 0, frames_in: 5, frames_out: 0 } ] });
const routes = () => ({ routes: [ { address: address('b'), ip: 'fd68:6f70::b', hops: 1, cost_ms: .4, path: [], links: 3, relay: 1, age_s: 9, state: 'ok' }, { address: address('e'), ip: 'fd68:6f70::e', hops: 3, cost_ms: 17, path: [], links: 2, relay: 1, age_s: 20, state: 'no path' } ] });
const devices = { lo: { name: 'lo', flags: { loopback: true } }, eth0: { name: 'eth0', flags: {} }, eth1: { name: 'eth1', flags: {} }, lan1: { name: 'lan1', flags: {} }, lan2: { name: 'lan2', flags: {} }, 'br-lan': { name: 'br-lan', flags: {}, ports: [ 'lan1', 'lan2' ] },
	hopwire0: { name: 'hopwire0', flags: { noarp: true } }, '<b>x': { name: '<b>x', flags: {} } };
const config = () => ({ hopwire: {
	node: { '.type': 'node', '.name': 'node', '.anonymous': false, '.index': 0, enabled: '1', network_key_file: '/etc/hopwire/network.key', memory: '12', mesh_name: 'valley', country: 'DE', channel: '36' },
	cfg01: { '.type': 'interface', '.name': 'cfg01', '.anonymous': true, '.index': 1, device: [ 'eth1' ] },
	cfg02: { '.type': 'neighbour', '.name': 'cfg02', '.anonymous': true, '.index': 2, address: address('c'), at: '198.51.100.7:4242' } } });

function running() {
	router.reset();
	router.config = config();
	Object.assign(router.answers, { 'hopwire.status': status, 'hopwire.neighbours': neighbours, 'hopwire.circuits': circuits, 'hopwire.routes': routes, 'luci-rpc.getNetworkDevices': devices, 'file.exec': { code: 0 } });
}

async function open(view, options) {
	const context = await browser.newContext(Object.assign({ viewport: { width: 1000, height: 800 } }, options));
	const page = await context.newPage();
	page.setDefaultTimeout(30000);
	page.faults = [];
	page.on('pageerror', (e) => page.faults.push(e.stack || String(e)));
	page.on('console', (m) => m.type() == 'error' && page.faults.push(m.text()));
	await page.goto(url + '/page/' + view);
	await page.waitForSelector('body[data-ready], body[data-failed]', { state: 'attached' });
	assert.equal(await page.getAttribute('body', 'data-failed'), null);
	return page;
}

async function shot(page, name) {
	await page.screenshot({ path: path.join(shots, name + '.png'), fullPage: true });
}

// fits: nothing sticks out of a phone's screen.
async function fits(page) {
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
	assert.ok(wide <= 0, 'the page is ' + wide + ' pixels too wide');
}

async function test(name, body) {
	running();
	let page;
	try {
		page = await body();
		assert.deepEqual(page.faults, [], 'errors in the page');
		assert.deepEqual(router.denied, [], 'calls that acl.d does not grant');
		passed++;
		console.log('ok - luci: ' + name);
	}
	catch (e) {
		failed++;
		console.log('not ok - luci: ' + name + '\n' + (e.stack || e));
	}
	for (const c of browser.contexts())
		await c.close();
}

const called = (name) => router.calls.filter((c) => c[0] == name);
const text = (page, selector) => page.innerText(selector);
const phone = { viewport: { width: 360, height: 740 }, isMobile: true, deviceScaleFactor: 2 };

async function statusShows() {
	const page = await open('hopwire/status');
	await page.waitForSelector('#hw-neighbours tr:nth-child(4)');
	const facts = await text(page, '#hw-facts');
	for (const s of [ address('a'), 'fd68:6f70:1234:5678:9abc:def0:1234:5678', '2 d 4 h', '9.9 MB, at most 11.3 MB so far', 'eth1, phy0-mesh0', '311 of 2048', '18.2 M / 18.0 M', '16.5 M', '0.1.0' ])
		assert.ok(facts.includes(s), 'facts lack ' + s + ': ' + facts);
	const links = await text(page, '#hw-neighbours');
	for (const s of [ 'bbbbbbbq…bbbb', '0.4 ms', '42.7 ms', '231.5 ms', '↓ 3.1 %', '↑ 1.2 %', '↓ 18.4 %', '1.0 Gbit/s', '72 Mbit/s', '1 d 2 h', '123.5 k / 7890' ])
		assert.ok(links.includes(s), 'neighbours lack ' + s + ': ' + links);
	const grades = await page.$$eval('#hw-neighbours tr', (rows) => rows.slice(1).map((r) => Array.from(r.querySelectorAll('.hw-bar > div'), (b) => b.className).join(' ')));
	assert.deepEqual(grades, [ 'hw-good hw-good hw-good', 'hw-fair hw-fair hw-good', 'hw-poor hw-poor hw-fair' ]);
	const widths = await page.$$eval('#hw-neighbours td:nth-child(3) .hw-bar > div', (bars) => bars.map((b) => b.getBoundingClientRect().width));
	assert.ok(widths[0] < widths[1] && widths[1] < widths[2], 'bars do not grow: ' + widths);
	assert.equal(called('hopwire.circuits').length + called('hopwire.routes').length, 0, 'closed lists were asked for');
	await page.click('#hw-circuits-more summary');
	await page.click('#hw-routes-more summary');
	await page.waitForSelector('#hw-circuits table');
	await page.waitForSelector('#hw-routes table');
	const c = await text(page, '#hw-circuits');
	for (const s of [ 'bbbbbbbq…bbbb → fffffffq…ffff → eeeeeeeq…eeee', 'active', 'broken', 'this node', 'the peer', '18.3 ms', '654.3 k / 123' ])
		assert.ok(c.includes(s), 'circuits lack ' + s + ': ' + c);
	assert.equal(await page.locator('table[aria-label="Circuits through here"] tr').count(), 3);
	assert.ok((await text(page, '#hw-routes')).includes('no path'));
	await shot(page, 'status');
	return page;
}

async function statusPolls() {
	const page = await open('hopwire/status');
	await page.waitForSelector('#hw-neighbours table');
	await page.focus('#hw-neighbours [data-copy="' + address('c') + '"]');
	router.answers['hopwire.status'] = () => Object.assign(status(), { links: 77 });
	await page.waitForFunction(() => document.getElementById('hw-facts').innerText.includes('77'));
	await page.waitForTimeout(300);
	assert.equal(await page.evaluate(() => document.activeElement.getAttribute('data-copy')), address('c'), 'the poll took the focus away');
	router.answers['hopwire.status'] = { error: 'the node does not run', hint: 'start it' };
	await page.waitForSelector('#hw-alert .alert-message');
	assert.ok(await page.isHidden('#hw-running'));
	router.answers['hopwire.status'] = status;
	await page.waitForSelector('#hw-running:not([hidden])');
	assert.equal(await text(page, '#hw-alert'), '');
	return page;
}

async function statusCopies() {
	const page = await open('hopwire/status');
	await page.context().grantPermissions([ 'clipboard-read', 'clipboard-write' ]);
	await page.click('#hw-facts [data-copy^="fd68"]');
	await page.waitForFunction(() => document.getElementById('hw-live').textContent == 'Copied');
	assert.equal(await page.evaluate(() => navigator.clipboard.readText()), status().ip);
	// LuCI over plain http: no clipboard interface, the old way must do.
	await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
	await page.click('#hw-facts [data-copy="' + address('a') + '"]');
	await page.waitForFunction((a) => navigator.clipboard.readText().then((t) => t == a), address('a'));
	return page;
}

async function statusDown() {
	router.answers['hopwire.status'] = { error: 'the node does not run (/var/run/hopwire/hopwire.sock)', hint: 'start it with \'/etc/init.d/hopwire start\'' };
	const page = await open('hopwire/status');
	const alert = await text(page, '#hw-alert');
	for (const s of [ 'Hopwire is not running', 'the node does not run (/var/run/hopwire/hopwire.sock)', 'Hint: start it', 'system log' ])
		assert.ok(alert.includes(s), 'alert lacks ' + s + ': ' + alert);
	assert.ok(await page.isHidden('#hw-running'));
	assert.equal(await page.getAttribute('#hw-alert', 'role'), 'alert');
	await shot(page, 'status-down');
	await page.click('#hw-alert button');
	router.answers['hopwire.status'] = status;
	await page.waitForSelector('#hw-running:not([hidden])');
	assert.deepEqual(called('file.exec').map((c) => [ c[1].command, c[1].params ]), [ [ '/etc/init.d/hopwire', [ 'start' ] ] ]);
	return page;
}

async function statusOff() {
	router.config.hopwire.node.enabled = '0';
	router.answers['hopwire.status'] = { error: 'the node does not run' };
	const page = await open('hopwire/status');
	assert.ok((await text(page, '#hw-alert')).includes('switched off in the settings'));
	assert.equal(await page.locator('#hw-alert button').count(), 0);
	assert.equal(await page.getAttribute('#hw-alert a', 'href'), '/cgi-bin/luci/admin/services/hopwire/settings');
	return page;
}

async function statusNoObject() {
	delete router.answers['hopwire.status'];
	let page = await open('hopwire/status');
	assert.ok((await text(page, '#hw-alert')).includes('Object not found'));
	router.answers['hopwire.status'] = 4;
	page = await open('hopwire/status');
	assert.ok((await text(page, '#hw-alert')).includes('ubus code 4'));
	return page;
}

async function statusReadOnly() {
	router.writable = false;
	router.answers['hopwire.status'] = { error: 'the node does not run' };
	const page = await open('hopwire/status');
	assert.equal(await page.locator('#hw-alert button').count(), 0);
	return page;
}

// every string of every answer is hostile, then the failures too, and shapes that lie.
async function statusHostile() {
	const poison = (v) => typeof v == 'string' ? evil : Array.isArray(v) ? v.map(poison) : v && typeof v == 'object' ? Object.fromEntries(Object.entries(v).map(([ k, w ]) => [ k, k == 'kind' ? w : poison(w) ])) : v;
	for (const m of [ status, neighbours, circuits, routes ])
		router.answers['hopwire.' + m.name] = () => poison(m());
	let page = await open('hopwire/status');
	for (const s of [ 'circuits', 'routes' ])
		await page.click('#hw-' + s + '-more summary');
	await page.waitForSelector('#hw-circuits table');
	await page.waitForSelector('#hw-routes table');
	const harmless = async () => {
		await page.waitForTimeout(200);
		assert.equal(await page.evaluate(() => window.broken), undefined, 'a script of another node ran');
		assert.equal(await page.locator('#evil, #view img').count(), 0, 'HTML of another node was taken');
	};
	await harmless();
	assert.ok((await text(page, '#hw-facts')).includes('<b id=evil>'), 'the text is not shown as it is');
	await shot(page, 'status-hostile');
	router.answers['hopwire.neighbours'] = { error: evil, hint: evil };
	page = await open('hopwire/status');
	await page.waitForSelector('#hw-neighbours em');
	await harmless();
	router.answers['hopwire.status'] = { error: evil, hint: evil };
	page = await open('hopwire/status');
	await harmless();
	Object.assign(router.answers, { 'hopwire.status': { address: 7, interfaces: 'x', circuits: 'many', uptime_s: null }, 'hopwire.neighbours': { neighbours: [ {}, { address: null, rtt_ms: 'x', loss_in: -5, loss_out: 99, kbits: 'fast' } ] } });
	page = await open('hopwire/status');
	await page.waitForSelector('#hw-neighbours tr:nth-child(3)');
	await harmless();
	return page;
}

async function statusMany() {
	router.answers['hopwire.circuits'] = { circuits: Array.from({ length: 2048 }, () => circuits().circuits[2]) };
	router.answers['hopwire.neighbours'] = { neighbours: [] };
	const page = await open('hopwire/status');
	await page.click('#hw-circuits-more summary');
	await page.waitForSelector('#hw-circuits table');
	assert.ok((await text(page, '#hw-circuits')).includes('… and 1948 more'));
	assert.ok((await text(page, '#hw-neighbours')).includes('No neighbour yet'));
	return page;
}

async function statusPhone() {
	const page = await open('hopwire/status', Object.assign({}, phone));
	await page.waitForSelector('#hw-neighbours tr:nth-child(4)');
	await page.click('#hw-circuits-more summary');
	await page.waitForSelector('#hw-circuits table');
	await fits(page);
	await shot(page, 'status-phone');
	return page;
}

async function german() {
	router.words = Object.fromEntries(readPo(path.join(app, 'po/de/hopwire.po')));
	let page = await open('hopwire/status', Object.assign({ colorScheme: 'dark' }, phone));
	await page.waitForSelector('#hw-neighbours tr:nth-child(4)');
	assert.ok((await text(page, '#hw-running')).includes('Nachbarn'));
	await fits(page);
	await shot(page, 'status-german-dark');
	page = await open('hopwire/settings', { colorScheme: 'dark' });
	assert.ok((await text(page, '#view')).includes('Schnittstellen'));
	await shot(page, 'settings-german-dark');
	return page;
}

const field = (page, name, sid) => page.locator('[id="widget.cbid.hopwire.' + (sid || 'node') + '.' + name + '"]');
const tab = (page, name) => page.click('.cbi-tabmenu li[data-tab="' + name + '"] a');

async function settingsShow() {
	const page = await open('hopwire/settings');
	assert.equal(await field(page, 'mesh_name').inputValue(), 'valley');
	assert.ok(await field(page, 'enabled').isChecked());
	await shot(page, 'settings');
	for (const t of [ 'links', 'radio', 'services', 'advanced' ]) {
		await tab(page, t);
		await shot(page, 'settings-' + t);
	}
	const choices = await page.$$eval('#cbi-hopwire-interface datalist option', (o) => o.map((x) => x.value + '|' + x.textContent));
	assert.deepEqual(choices, [ 'br-lan|br-lan', 'eth0|eth0', 'eth1|eth1', 'lan1|lan1 (means br-lan)', 'lan2|lan2 (means br-lan)' ]);
	return page;
}

// each wrong value says so at its field, and the daemon's own bounds pass.
async function settingsValidate() {
	const page = await open('hopwire/settings');
	const cases = [
		[ 'general', 'network_key_file', [ 'key', '/a b' ], 'begins with a slash', [ '/etc/key', '' ] ],
		[ 'links', 'ethertype', [ '88b5', '0x05ff', '0x88b', '0xzzzz' ], 'four hexadecimal digits', [ '0x0600', '0xFFFF', '' ] ],
		[ 'links', 'udp_listen', [ '4242', 'host:1', '1.2.3.4:0', '[::]:65536', '::1:5' ], 'IP:PORT', [ ':4242', '0.0.0.0:4242', '[fd00::1]:1', '' ] ],
		[ 'radio', 'country', [ 'de', 'DEU' ], 'capital letters', [ 'DE', '' ] ],
		[ 'radio', 'channel', [ '0', 'x', '15', '6,36', '6 200' ], 'one channel for each band', [ '1', '177', '6 36', '' ] ],
		[ 'radio', 'mesh_key', [ 'short', 'x'.repeat(64) ], 'value between', [ 'x'.repeat(8), 'x'.repeat(63), '' ] ],
		[ 'services', 'price', [ '-1', '1.5' ], 'positive integer', [ '0', '12', '' ] ],
		[ 'advanced', 'memory', [ '7', '4097', 'x' ], 'value between', [ '8', '4096', '' ] ],
		[ 'advanced', 'tun', [ 'a name', 'sixteen_letters_' ], 'device name', [ 'none', 'hopwire0', '' ] ]
	];
	for (const [ t, name, bad, says, good ] of cases) {
		await tab(page, t);
		for (const v of bad.concat(good)) {
			await field(page, name).fill(v);
			await field(page, name).blur();
			const tip = await field(page, name).getAttribute('data-tooltip');
			if (bad.includes(v))
				assert.ok(tip && tip.includes(says), name + ' takes ' + v + ' (' + tip + ')');
			else
				assert.equal(tip, null, name + ' refuses ' + v);
		}
	}
	const at = field(page, 'at', 'cfg02');
	for (const [ v, ok ] of [ [ 'example.org:1', 0 ], [ '02:00:00:00:00', 0 ], [ '1.2.3.4', 0 ], [ '02:00:00:00:00:0f', 1 ], [ '1.2.3.4:5', 1 ], [ '[fd00::1]:4242', 1 ], [ '', 1 ] ]) {
		await at.fill(v);
		await at.blur();
		assert.equal(await at.getAttribute('data-tooltip') == null, !!ok, 'at: ' + v);
	}
	for (const [ v, ok ] of [ [ 'a'.repeat(55), 0 ], [ '1'.repeat(56), 0 ], [ '', 0 ], [ 'A'.repeat(56), 1 ], [ address('c') + '.hop', 1 ] ]) {
		await field(page, 'address', 'cfg02').fill(v);
		await field(page, 'address', 'cfg02').blur();
		assert.equal(await field(page, 'address', 'cfg02').getAttribute('data-tooltip') == null, !!ok, 'address: ' + v);
	}
	const net = field(page, 'network', 'cfg01'), add = page.locator('#cbi-hopwire-interface .add-item input');
	for (const [ v, ok ] of [ [ 'a b', 0 ], [ 'br-lan', 0 ], [ 'hopwire_*', 1 ], [ '', 1 ] ]) {
		await net.fill(v);
		await net.blur();
		assert.equal(await net.getAttribute('data-tooltip') == null, !!ok, 'network: ' + v);
	}
	await add.fill('much_too_long_name');
	await add.blur();
	assert.ok((await text(page, '#cbi-hopwire-interface')).includes('device name'));
	await page.click('#cbi-hopwire-interface .cbi-dynlist .item');
	await net.focus();
	await net.blur();
	assert.equal(await net.getAttribute('data-tooltip'), 'Name a device or a network.');
	await tab(page, 'advanced');
	await field(page, 'memory').fill('4');
	await field(page, 'memory').blur();
	await page.click('.cbi-button-save');
	await page.waitForSelector('.alert-message.error');
	assert.equal(router.calls.filter((c) => /uci\.(set|add|delete)/.test(c[0])).length, 0, 'wrong values were saved');
	await shot(page, 'settings-wrong');
	page.faults = page.faults.filter((f) => !f.includes('invalid'));
	return page;
}

async function settingsSave() {
	const page = await open('hopwire/settings');
	await page.click('.cbi-button-save');
	await page.waitForFunction(() => !document.querySelector('.spinning'));
	assert.deepEqual(router.calls.filter((c) => /uci\.(set|add|delete)/.test(c[0])), [], 'saving an unchanged form writes');
	await field(page, 'mesh_name').fill('hill');
	await field(page, 'enabled').uncheck();
	await tab(page, 'links');
	await field(page, 'beacon').uncheck();
	await page.fill('[data-name="allow"] .add-item input', address('b'));
	await page.locator('[data-name="allow"] .add-item input').blur();
	await tab(page, 'advanced');
	await field(page, 'memory').fill('');
	await field(page, 'log').selectOption('debug');
	await page.fill('#cbi-hopwire-interface .add-item input', 'lan*');
	await page.locator('#cbi-hopwire-interface .add-item input').blur();
	await page.click('.cbi-button-save');
	await page.waitForFunction(() => !document.querySelector('.spinning'));
	const wrote = router.calls.filter((c) => /uci\.(set|add|delete)/.test(c[0]));
	assert.deepEqual(wrote, [
		[ 'uci.set', { config: 'hopwire', section: 'node', values: { mesh_name: 'hill', enabled: '0', beacon: '0', allow: [ address('b') ], log: 'debug' } } ],
		[ 'uci.set', { config: 'hopwire', section: 'cfg01', values: { device: [ 'eth1', 'lan*' ] } } ],
		[ 'uci.delete', { config: 'hopwire', section: 'node', options: [ 'memory' ] } ] ]);
	router.calls = [];
	await page.click('#cbi-hopwire-neighbour .cbi-button-remove');
	await page.click('#cbi-hopwire-route_server .cbi-button-add');
	await page.fill('#cbi-hopwire-route_server input', address('d'));
	await page.click('.cbi-page-actions .cbi-button-apply');
	await page.waitForFunction(() => !document.querySelector('.spinning'));
	assert.deepEqual(router.calls.filter((c) => /uci\.(set|add|delete|apply)/.test(c[0])), [
		[ 'uci.add', { config: 'hopwire', type: 'route_server', values: { address: address('d') } } ],
		[ 'uci.delete', { config: 'hopwire', section: 'cfg02' } ],
		[ 'uci.apply', { timeout: 10, rollback: true } ] ]);
	return page;
}

async function settingsSetup() {
	const page = await open('hopwire/settings');
	await tab(page, 'radio');
	await page.click('[data-name="_setup"] button');
	await page.waitForSelector('.alert-message.info');
	router.answers['file.exec'] = { code: 1, stderr: evil };
	await page.click('[data-name="_setup"] button');
	await page.waitForSelector('.alert-message.error');
	assert.ok((await text(page, '.alert-message.error')).includes('Setting up failed: <img'));
	assert.equal(await page.locator('#evil').count(), 0);
	assert.deepEqual(called('file.exec').map((c) => c[1].command + ' ' + c[1].params), [ '/etc/init.d/hopwire setup', '/etc/init.d/hopwire setup' ]);
	return page;
}

async function settingsEmpty() {
	router.config = { hopwire: {} };
	router.answers['luci-rpc.getNetworkDevices'] = undefined;
	const page = await open('hopwire/settings');
	await page.fill('[id="widget.cbid.hopwire.node.mesh_name"]', evil.substring(0, 20));
	await page.click('.cbi-button-save');
	await page.waitForFunction(() => !document.querySelector('.spinning'));
	assert.deepEqual(called('uci.add'), [ [ 'uci.add', { config: 'hopwire', type: 'node', name: 'node', values: { enabled: '1', mesh_name: evil.substring(0, 20) } } ] ]);
	return page;
}

async function settingsPhone() {
	const page = await open('hopwire/settings', phone);
	await fits(page);
	await shot(page, 'settings-phone');
	return page;
}

async function protocol() {
	const page = await open('hopwire/settings');
	const got = await page.evaluate(async () => {
		const p = await L.require('protocol.hopwire'), uci = L.modules.uci, made = [];
		uci.values.network = { mesh: { '.type': 'interface', '.name': 'mesh', '.index': 0, proto: 'hopwire' }, lan: { '.type': 'interface', '.name': 'lan', '.index': 1, proto: 'static' } };
		p.renderFormOptions({ taboption: (tab, cls, name) => { made.push(tab + ' ' + name + ' ' + (cls == L.modules.form.DummyValue)); return {}; } });
		return { name: p.getI18n(), pkg: [ p.getOpkgPackage(), p.getPackageName() ], virtual: p.isFloating() && p.isVirtual() && p.getDevices() === null,
			ifname: [ p.getIfname.call({ _ubus: () => null, sid: 'mesh' }), p.getIfname.call({ _ubus: () => 'hopwire0', sid: 'mesh' }) ], again: await p.isCreateable('mesh'), second: await p.isCreateable('other'), made: made, codes: L.modules.network.codes };
	});
	assert.deepEqual(got, { name: 'Hopwire mesh', pkg: [ 'hopwire', 'hopwire' ], virtual: true, ifname: [ 'mesh', 'hopwire0' ], again: null, second: '"mesh" is the mesh interface already; a router has one.', made: [ 'general _hopwire true' ], codes: [ 'NO_TUN', 'DISABLED', 'NO_IDENTITY', 'NOT_READY', 'NO_DEVICE' ] });
	return page;
}

// the stub itself must refuse, or the checks of the rights prove nothing.
function stubRefuses() {
	const call = (object, method, params) => router.call({ id: 1, params: [ 's', object, method, params || {} ] }).error;
	running();
	assert.equal(call('hopwire', 'status'), undefined);
	for (const c of [ [ 'hopwire', 'stop' ], [ 'uci', 'set', { config: 'network', section: 'lan', values: {} } ], [ 'file', 'exec', { command: '/etc/init.d/hopwire', params: [ 'stop' ] } ], [ 'file', 'exec', { command: '/bin/sh', params: [] } ] ])
		assert.ok(call(...c), 'granted: ' + c);
	router.writable = false;
	assert.ok(call('uci', 'set', { config: 'hopwire', section: 'node', values: {} }));
	return { faults: [] };
}

// the answers that the pages are tried with have the names and kinds of the daemon's tables.
function fixturesAgree() {
	const source = fs.readFileSync(path.join(__dirname, '../../../cmd/daemon/status.go'), 'utf8');
	const kind = (v) => Array.isArray(v) ? 'l' : typeof v == 'number' ? 'n' : 's';
	for (const [ name, row ] of [ [ 'status', status() ], [ 'peers', neighbours().neighbours[0] ], [ 'circuits', circuits().circuits[0] ], [ 'routes', routes().routes[0] ] ]) {
		const m = source.match(new RegExp('\\) ' + name + '\\(\\) \\*table\\.Table \\{\\s*t := table\\.New\\("([^"]+)"'));
		assert.ok(m, 'no table ' + name);
		const columns = m[1].split(' ');
		for (const k of Object.keys(row))
			assert.ok(columns.includes(k + ':' + kind(row[k])), name + ' has no ' + k + ':' + kind(row[k]));
	}
	return { faults: [] };
}

async function main() {
	url = await router.listen();
	browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: [ '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync' ] });
	await test('the stub refuses what is not granted', async () => { const p = stubRefuses(); router.denied = []; return p; });
	await test('the answers have the columns of the daemon', async () => fixturesAgree());
	await test('status shows node, neighbours with bars, circuits, known nodes', statusShows);
	await test('status follows, keeps the focus, goes down and comes back', statusPolls);
	await test('addresses are copied, over http too', statusCopies);
	await test('a daemon that is down is said, with a hint, and can be started', statusDown);
	await test('a daemon that is switched off is said', statusOff);
	await test('a router without the object is said', statusNoObject);
	await test('who may only look gets no start button', statusReadOnly);
	await test('HTML from other nodes stays text', statusHostile);
	await test('2048 circuits and no neighbour', statusMany);
	await test('status on a phone', statusPhone);
	await test('settings show the configuration', settingsShow);
	await test('settings refuse what the daemon would refuse', settingsValidate);
	await test('settings write the right calls', settingsSave);
	await test('radios and ports are set up at the push of a button', settingsSetup);
	await test('settings without a configuration', settingsEmpty);
	await test('settings on a phone', settingsPhone);
	await test('German, in the dark', german);
	await test('the protocol page', protocol);
}

main().catch((e) => { failed++; console.log('not ok - luci: ' + (e.stack || e)); }).finally(async () => {
	if (browser)
		await browser.close();
	router.close();
	console.log(passed + ' passed, ' + failed + ' failed');
	process.exitCode = failed ? 1 : 0;
});

'use strict';
'require view';
'require form';
'require rpc';
'require uci';
'require fs';
'require ui';

// The settings in /etc/config/hopwire. What the daemon would refuse is refused
// here, in the words of its own errors. LuCI shows descriptions as HTML: they hold
// our own texts only.

const later = _('Takes effect with Set up, under Radio and ports.');
const notYet = _('Kept for a later version; this one does not use it.');

const netdevs = rpc.declare({ object: 'luci-rpc', method: 'getNetworkDevices', expect: { '': {} } });

function checkAddress(section, value) {
	return !value || /^[a-z2-7]{56}(\.hop)?$/i.test(value) || _('An address has 56 characters: letters a to z and digits 2 to 7.');
}

function checkServer(section, value) {
	return value == 'own' || value == 'none' || checkAddress(section, value);
}

function checkEtherType(section, value) {
	if (!value)
		return true;
	const m = value.match(/^0x([0-9a-fA-F]{4})$/);
	return (m && parseInt(m[1], 16) >= 0x0600) || _('Write 0x and four hexadecimal digits, 0x0600 or above.');
}

function checkPath(section, value) {
	return !value || /^\/[^\s]*$/.test(value) || _('Write a path that begins with a slash and has no spaces.');
}

function checkCountry(section, value) {
	return !value || /^[A-Z]{2}$/.test(value) || _('Write the two capital letters of the country, such as DE.');
}

// place is IP:PORT with a port that can be used; the daemon resolves no names.
function place(value) {
	const m = value.match(/^(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/);
	return m && m[2] > 0 && m[2] < 65536;
}

function checkWhere(section, value) {
	return !value || /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value) || place(value) || _('Write a MAC address, IP:PORT or [IPv6]:PORT.');
}

function checkListen(section, value) {
	return !value || place(value.replace(/^:/, '[::]:')) || _('Write :PORT, IP:PORT or [IPv6]:PORT.');
}

// checkChannels takes one channel for each band, such as 6 36.
function checkChannels(section, value) {
	const good = L.toArray(value).every(function(c) {
		return /^\d+$/.test(c) && (c >= 1 && c <= 14 || c >= 32 && c <= 177);
	});
	return good || _('Write one channel for each band: 1 to 14, 32 to 177.');
}

function checkNetwork(value) {
	return /^[A-Za-z0-9_*?]+$/.test(value) || _('Write the name of a network: letters, digits and _; * stands for anything.');
}

// ports names the bridge of every port: such a port is deaf for our frames, and the
// bridge is used in its place.
function ports(devices) {
	const bridge = {};
	Object.keys(devices).forEach(function(name) {
		L.toArray(devices[name].ports).forEach(function(port) { bridge[port] = name; });
	});
	return bridge;
}

// usable leaves out what never carries a link, and odd names, as labels may become HTML.
function usable(devices, tun) {
	return Object.keys(devices).sort().filter(function(name) {
		const flags = devices[name].flags || {};
		return /^[A-Za-z0-9_.@-]+$/.test(name) && name != tun && !flags.loopback && !flags.noarp;
	});
}

function setUp() {
	return fs.exec('/etc/init.d/hopwire', [ 'setup' ]).then(function(r) {
		if (r.code)
			throw new Error(r.stderr || _('exit code %d').format(r.code));
		ui.addNotification(null, E('p', {}, [ _('Radios and ports are set up.') ]), 'info');
	}).catch(function(e) {
		ui.addNotification(null, E('p', {}, [ _('Setting up failed: %s').format(e.message) ]), 'error');
	});
}

return view.extend({
	load: function() {
		return Promise.all([ uci.load('hopwire'), netdevs().catch(function() { return {}; }) ]).then(function(data) {
			if (!uci.get('hopwire', 'node'))
				uci.add('hopwire', 'node', 'node');
			return data[1];
		});
	},

	render: function(devices) {
		const m = new form.Map('hopwire', _('Hopwire'), _('A mesh of routers: neighbours find each other on their interfaces, and every node relays for the others.'));
		this.addNode(m);
		this.addInterfaces(m, devices);
		this.addPeers(m);
		return m.render();
	},

	addNode: function(m) {
		const s = m.section(form.NamedSection, 'node', 'node', _('This node'));
		s.anonymous = true;
		s.addremove = false;
		s.tab('general', _('General'));
		s.tab('links', _('Links'));
		s.tab('radio', _('Radio and ports'));
		s.tab('services', _('Names and price'));
		s.tab('advanced', _('Advanced'));
		this.addGeneral(s);
		this.addLinks(s);
		this.addRadio(s);
		this.addServices(s);
		this.addAdvanced(s);
	},

	addGeneral: function(s) {
		let o = s.taboption('general', form.Flag, 'enabled', _('Enabled'), _('Starts hopwire now and whenever the router boots.'));
		o.default = o.enabled;
		o.rmempty = false;

		o = s.taboption('general', form.Value, 'mesh_name', _('Name of the mesh'), _('In host names, and the mesh ID on the radios.') + ' ' + later);
		o.datatype = 'maxlength(32)';

		o = s.taboption('general', form.Value, 'network_key_file', _('Network key file'),
			_('A file with one or two lines of 64 hexadecimal digits. All nodes of a mesh have the same key. Of two keys the first is used and both are accepted: so a key can be changed node by node.'));
		o.placeholder = '/etc/hopwire/network.key';
		o.validate = checkPath;
	},

	addLinks: function(s) {
		let o = s.taboption('links', form.Flag, 'beacon', _('Announce this node'), _('Lets unknown nodes with the same network key find this one. Without it only the neighbours listed below are tried.'));
		o.default = o.enabled;

		o = s.taboption('links', form.DynamicList, 'allow', _('Allowed neighbours'), _('When this list has an entry, no other node becomes a neighbour. Empty: everybody with the network key may.'));
		o.placeholder = _('address of a node');
		o.validate = checkAddress;

		o = s.taboption('links', form.Value, 'ethertype', _('EtherType'), _('Empty: derived from the network key. All nodes of a mesh must have the same.'));
		o.placeholder = '0x88b5';
		o.validate = checkEtherType;

		o = s.taboption('links', form.Value, 'udp_listen', _('UDP listener'), _('For neighbours beyond the local network. Empty: a random port, and only if a neighbour below is at an IP address.'));
		o.placeholder = ':7070';
		o.validate = checkListen;
	},

	addRadio: function(s) {
		let o = s.taboption('radio', form.Flag, 'radio', _('Use the radios'), _('A mesh interface on each radio, beside what it does already.'));
		o.default = o.enabled;

		o = s.taboption('radio', form.Value, 'country', _('Country'), _('Decides which channels and powers are lawful.'));
		o.placeholder = 'DE';
		o.validate = checkCountry;

		o = s.taboption('radio', form.Value, 'channel', _('Channels'), _('One for each band. The same on all nodes, or they do not hear each other.'));
		o.placeholder = '6 36';
		o.validate = checkChannels;

		o = s.taboption('radio', form.Value, 'mesh_id', _('Mesh ID'), _('The 802.11s name on the air, the same on all nodes. Empty: the name of the mesh.'));
		o.datatype = 'maxlength(32)';

		o = s.taboption('radio', form.Value, 'mesh_key', _('Radio password'), _('For SAE, 8 to 63 characters, the same on all nodes; needs the package wpad-mesh. Empty: an open radio; hopwire encrypts its frames all the same.'));
		o.password = true;
		o.datatype = 'rangelength(8, 63)';

		s.taboption('radio', form.Flag, 'lan_ports', _('Use LAN ports'), _('Makes all LAN ports but the first ports for cables to other nodes. A computer at such a port loses the network.'));

		o = s.taboption('radio', form.Button, '_setup', _('Set up'), _('Save and apply first. The radios restart, and this page may lose the router for a minute.'));
		o.inputtitle = _('Set up now');
		o.inputstyle = 'apply';
		o.onclick = setUp;
	},

	addServices: function(s) {
		let o = s.taboption('services', form.Flag, 'dns', _('Answer names'), _('Resolves names that end in .hop for this router and its LAN.') + ' ' + later);
		o.default = o.enabled;

		o = s.taboption('services', form.Value, 'hosts', _('Names file'), _('A file of lines with an address and a name, like a hosts file.'));
		o.placeholder = '/etc/hopwire/hosts';
		o.validate = checkPath;

		o = s.taboption('services', form.Value, 'price', _('Price of relaying'), notYet);
		o.datatype = 'uinteger';
		o.placeholder = '0';
	},

	addAdvanced: function(s) {
		let o = s.taboption('advanced', form.Value, 'memory', _('Memory budget'), _('In MB. 12 allows 2048 circuits, 14 allows 4096.'));
		o.datatype = 'range(8, 4096)';
		o.placeholder = '12';

		o = s.taboption('advanced', form.Value, 'vicinity', _('Vicinity'), _('How many routers nearby this one knows by itself; for others it asks a route server. Empty: as many as the memory budget allows.'));
		o.datatype = 'range(4, 8192)';
		o.placeholder = '512';

		o = s.taboption('advanced', form.ListValue, 'log', _('Log'), _('What is written to the system log.'));
		o.value('', _('default'));
		o.value('error', _('errors only'));
		o.value('info', _('changes and errors'));
		o.value('debug', _('everything'));

		o = s.taboption('advanced', form.Value, 'tun', _('Tunnel device'), _('Name of the device that gives this router its mesh IPv6 address; none: this node only relays.'));
		o.datatype = 'netdevname';
		o.placeholder = 'hopwire0';

		o = s.taboption('advanced', form.Value, 'state', _('State folder'), _('Holds the identity of this node. A node with another folder has another address.'));
		o.placeholder = '/etc/hopwire';
		o.validate = checkPath;
	},

	addInterfaces: function(m, devices) {
		const s = m.section(form.TableSection, 'interface', _('Interfaces'),
			_('Where neighbours are looked for: devices, networks of the router, or both. A port of a bridge hears nothing; in its place the whole bridge is used.'));
		s.anonymous = true;
		s.addremove = true;
		s.addbtntitle = _('Add interface');

		let o = s.option(form.DynamicList, 'device', _('Devices'));
		const bridge = ports(devices);
		usable(devices, uci.get('hopwire', 'node', 'tun') || 'hopwire0').forEach(function(name) {
			o.value(name, bridge[name] ? _('%s (means %s)').format(name, bridge[name]) : name);
		});
		o.datatype = 'netdevname';
		o.placeholder = _('eth1 or lan*');

		o = s.option(form.Value, 'network', _('Network'));
		o.placeholder = 'hopwire_*';
		o.validate = function(section, value) {
			if (value)
				return checkNetwork(value);
			return L.toArray(this.section.formvalue(section, 'device')).length > 0 || _('Name a device or a network.');
		};
	},

	addPeers: function(m) {
		let s = this.addList(m, 'neighbour', _('Fixed neighbours'), _('Nodes to link with whether they announce themselves or not. Two nodes can link over the internet when one of them has a UDP listener.'), _('Add neighbour'));
		const o = s.option(form.Value, 'at', _('Where'));
		o.placeholder = _('MAC or IP:PORT');
		o.validate = checkWhere;

		this.addList(m, 'route_server', _('Route servers'),
			_('Whom to ask for nodes that are too far away to be known. Empty: servers that are found by themselves. A single entry none asks nobody; own copies the whole map and asks nobody, with a memory budget of 16 MB or more.'),
			_('Add route server'), checkServer);
		this.addList(m, 'gateway', _('Payment gateways'), notYet, _('Add gateway'));
	},

	// addList is a table of sections that are known by an address.
	addList: function(m, type, title, text, add, check) {
		const s = m.section(form.TableSection, type, title, text);
		s.anonymous = true;
		s.addremove = true;
		s.addbtntitle = add;
		const o = s.option(form.Value, 'address', _('Address'));
		o.rmempty = false;
		o.validate = check || checkAddress;
		return s;
	}
});

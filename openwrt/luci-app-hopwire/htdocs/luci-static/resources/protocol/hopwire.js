'use strict';
'require form';
'require network';
'require uci';

// The protocol "hopwire" of Network, Interfaces: the device that gives the router
// its mesh address. The daemon makes the device; its settings are under Services.

// What the protocol's script may answer.
network.registerErrorCode('NO_TUN', _('The settings of hopwire say that it makes no device'));
network.registerErrorCode('DISABLED', _('Hopwire is switched off'));
network.registerErrorCode('NO_IDENTITY', _('This node has no identity yet'));
network.registerErrorCode('NOT_READY', _('Hopwire cannot start; the system log says why'));
network.registerErrorCode('NO_DEVICE', _('Hopwire has not made its device yet'));

return network.registerProtocol('hopwire', {
	getI18n: function() {
		return _('Hopwire mesh');
	},

	getIfname: function() {
		return this._ubus('l3_device') || this.sid;
	},

	// The name of the package, for LuCI up to 24.10 and from 25.12 on.
	getOpkgPackage: function() {
		return 'hopwire';
	},

	getPackageName: function() {
		return 'hopwire';
	},

	isFloating: function() {
		return true;
	},

	isVirtual: function() {
		return true;
	},

	getDevices: function() {
		return null;
	},

	containsDevice: function(ifname) {
		return network.getIfnameOf(ifname) == this.getIfname();
	},

	// isCreateable refuses a second one: a router has one node, with one address.
	isCreateable: function(ifname) {
		const other = uci.sections('network', 'interface').filter(function(s) {
			return s.proto == 'hopwire' && s['.name'] != ifname;
		})[0];
		return Promise.resolve(other ? _('"%s" is the mesh interface already; a router has one.').format(other['.name']) : null);
	},

	renderFormOptions: function(s) {
		const o = s.taboption('general', form.DummyValue, '_hopwire', _('Mesh'),
			_('Neighbours, radios and keys are set under Services, Hopwire.'));
		o.default = _('Addresses and routes come from the hopwire service.');
	}
});

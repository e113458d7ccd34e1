# A stand-in for OpenWrt's package.mk: it writes down what a package says of
# itself, and installs it into $(OUT).
PKG_BUILD_DIR?=$(BUILD_DIR)/$(PKG_NAME)-$(PKG_VERSION)
VERSION:=$(PKG_VERSION)-r$(PKG_RELEASE)
LICENSE:=$(PKG_LICENSE)

define Build/Prepare/Default
	mkdir -p $(PKG_BUILD_DIR)
endef

# said,field,value
define said
$(file >$(OUT).$(1),$(2))
endef

define BuildPackage
$(eval $(Package/$(1)))
$(call said,name,$(1))
$(call said,version,$(VERSION))
$(call said,license,$(LICENSE))
$(call said,section,$(SECTION))
$(call said,depends,$(DEPENDS))
$(call said,arch,$(PKGARCH))
$(call said,user,$(USERID))
$(call said,flags,$(PKG_BUILD_FLAGS))
$(call said,conffiles,$(call Package/$(1)/conffiles))
$(call said,description,$(call Package/$(1)/description))
$(call said,postinst,$(call Package/$(1)/postinst))
$(call said,prerm,$(call Package/$(1)/prerm))

compile:
	$(call Build/Prepare)
	$(call Build/Compile)

install:
	mkdir -p $(OUT)
	$(call Package/$(1)/install,$(OUT))
endef

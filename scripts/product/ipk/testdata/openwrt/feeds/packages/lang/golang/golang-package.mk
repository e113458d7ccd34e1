# A stand-in for golang-package.mk: nothing is compiled.
GO_ARCH_DEPENDS:=@(aarch64||arm||i386||mips||mipsel||x86_64)
GO_PKG_INSTALL_BIN_PATH?=/usr/bin

define GoPackage/Build/Compile
	printf '%s\n' '$(strip $(1))' >$(OUT).gcflags
	printf '%s\n' '$(GO_PKG_LDFLAGS_X)' >$(OUT).ldflags
	cd $(PKG_BUILD_DIR) && go list -deps $(GO_PKG_BUILD_PKG) >$(OUT).deps
endef

define GoPackage/Package/Install/Bin
	$(INSTALL_DIR) $(1)$(GO_PKG_INSTALL_BIN_PATH)
	for p in $(notdir $(GO_PKG_BUILD_PKG)); do \
		echo "built" >$(1)$(GO_PKG_INSTALL_BIN_PATH)/$$$$p; \
		chmod 755 $(1)$(GO_PKG_INSTALL_BIN_PATH)/$$$$p; \
	done
endef

Build/Compile=$(call GoPackage/Build/Compile)

define GoBinPackage
ifndef Package/$(1)/install
Package/$(1)/install=$$(call GoPackage/Package/Install/Bin,$$(1))
endif
endef

# The commands of hopwire in a login shell ask the node as the service runs it.
# shellcheck shell=dash disable=SC1091
[ -r /var/run/hopwire/env ] && . /var/run/hopwire/env

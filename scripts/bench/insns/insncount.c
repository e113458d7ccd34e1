/* insncount: a QEMU TCG plugin that counts executed guest instructions per guest thread
 * (user emulation) or per CPU (system emulation), and prints the counts at exit.
 *
 *   gcc -O2 -shared -fPIC -o insncount.so insncount.c
 *   qemu-mips -plugin ./insncount.so -d plugin PROGRAM    (Debian package qemu-user;
 *                                          qemu-user-static is built without plugins)
 *
 * Debian ships no qemu-plugin.h, so the few declarations of QEMU 7.2's plugin
 * interface (version 1) that are needed stand here. */
#include <stdint.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
typedef void (*trans_cb)(plugin_id, struct qemu_plugin_tb *);
typedef void (*exec_cb)(unsigned vcpu, void *data);
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, trans_cb);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, exec_cb, int flags, void *data);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
extern unsigned long qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern void qemu_plugin_outs(const char *);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

enum { THREADS = 256 };
static struct { uint64_t n; char pad[56]; } count[THREADS]; /* one cache line each: no lost updates */

static void executed(unsigned vcpu, void *insns) { count[vcpu % THREADS].n += (uintptr_t)insns; }

static void translated(plugin_id id, struct qemu_plugin_tb *tb) {
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, (void *)(uintptr_t)qemu_plugin_tb_n_insns(tb));
}

static void done(plugin_id id, void *unused) {
	char line[64];
	for (int i = 0; i < THREADS; i++)
		if (count[i].n) {
			snprintf(line, sizeof line, "insns thread %d: %llu\n", i, (unsigned long long)count[i].n);
			qemu_plugin_outs(line);
		}
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, done, NULL);
	return 0;
}

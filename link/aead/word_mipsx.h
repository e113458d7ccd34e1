// Words in memory: little endian whatever the machine is, and perhaps misaligned.
#ifdef GOARCH_mips
#define MOVWHI MOVWL
#define MOVWLO MOVWR
#else
#define MOVWHI MOVWR
#define MOVWLO MOVWL
#endif

#define LOAD(off, p, x)  MOVWHI (off)(p), x; MOVWLO (off+3)(p), x
#define STORE(x, off, p) MOVWHI x, (off)(p); MOVWLO x, (off+3)(p)

// SWAP turns a word into little endian or back; t is overwritten. Release 2 of
// MIPS32 can do it in two instructions; release 1 swaps bytes by a mask in m, then
// halves.
#define MASK(m) MOVW $0x00ff00ff, m

#ifdef GOARCH_mips
#define SWAP_R1(x, t, m) SRL $8, x, t; AND m, t; AND m, x; SLL $8, x; OR t, x; SLL $16, x, t; SRL $16, x; OR t, x
#define SWAP_R2(x, t, m) WSBH x, x; ROTR $16, x
#else
#define SWAP_R1(x, t, m)
#define SWAP_R2(x, t, m)
#endif

package link

type Header struct {
	Label uint32
	Seq   uint32
	IV    uint64
}

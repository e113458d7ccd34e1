package hop

// MTU is the largest IP packet; one fills a long frame to the last byte but one.
const MTU = 1380

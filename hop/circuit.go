package hop

// Stub.

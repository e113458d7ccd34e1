// Command hopwire is the mesh node and its tools.
package main

func main() {}

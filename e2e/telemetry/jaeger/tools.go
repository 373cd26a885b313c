//go:build tools

// What go.mod is about: Jaeger as one program, which is built as it is.
package main

import _ "github.com/jaegertracing/jaeger/cmd/all-in-one"

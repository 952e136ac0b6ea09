// The one source of the target that compiles precompiled.h.

# Flags every target shares: warnings as errors, sanitizers, ccache where present.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

find_program(RACKCAST_CCACHE ccache)
if(RACKCAST_CCACHE)
  # Without these two, ccache would never hit where a precompiled header is used.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${RACKCAST_CCACHE})
endif()

add_library(rackcast_flags INTERFACE)
target_include_directories(rackcast_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(rackcast_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wcast-align -Wnull-dereference -Wimplicit-fallthrough -fno-omit-frame-pointer)
if(RACKCAST_WERROR)
  target_compile_options(rackcast_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(rackcast_flags INTERFACE -fpch-preprocess)
  # GCC 12 reports accesses inside inlined library code (std::string, std::variant) that cannot happen: GCC bug 105329 and kin.
  target_compile_options(rackcast_flags INTERFACE
    -Wno-restrict -Wno-null-dereference -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
    -Wno-stringop-overread -Wno-missing-field-initializers)
else()
  target_compile_options(rackcast_flags INTERFACE -Wno-missing-field-initializers)
endif()
if(RACKCAST_SANITIZE)
  target_compile_options(rackcast_flags INTERFACE -fsanitize=${RACKCAST_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(rackcast_flags INTERFACE -fsanitize=${RACKCAST_SANITIZE})
  if(RACKCAST_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's reference counts use atomic_thread_fence, which ThreadSanitizer does not model: GCC warns of each use.
    target_compile_options(rackcast_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(RACKCAST_LIBFUZZER)
  target_compile_options(rackcast_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

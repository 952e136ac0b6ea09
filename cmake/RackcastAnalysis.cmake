# Targets `format`, `tidy`, and the test `format_check`.
file(GLOB_RECURSE RACKCAST_SOURCES CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/proto/*.h ${CMAKE_SOURCE_DIR}/proto/*.cc ${CMAKE_SOURCE_DIR}/core/*.h ${CMAKE_SOURCE_DIR}/core/*.cc
  ${CMAKE_SOURCE_DIR}/io_backends/*.h ${CMAKE_SOURCE_DIR}/io_backends/*.cc ${CMAKE_SOURCE_DIR}/tools/*.h
  ${CMAKE_SOURCE_DIR}/tools/*.cc ${CMAKE_SOURCE_DIR}/tests/*.h ${CMAKE_SOURCE_DIR}/tests/*.cc
  ${CMAKE_SOURCE_DIR}/bench/*.h ${CMAKE_SOURCE_DIR}/bench/*.cc)

find_program(CLANG_FORMAT NAMES clang-format-14 clang-format)
if(CLANG_FORMAT)
  add_custom_target(format COMMAND ${CLANG_FORMAT} -i ${RACKCAST_SOURCES} VERBATIM)
  if(RACKCAST_TESTS)
    add_test(NAME format_check COMMAND ${CLANG_FORMAT} --dry-run -Werror ${RACKCAST_SOURCES})
    set_tests_properties(format_check PROPERTIES LABELS unit)
  endif()
endif()

# Product code only: tests and benches lean on macros that clang-tidy does not love.
find_program(RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)
if(RUN_CLANG_TIDY)
  # With commands of its own: clang takes GCC's precompiled headers for broken ones of its own.
  add_custom_target(tidy
    COMMAND ${CMAKE_COMMAND} -S ${CMAKE_SOURCE_DIR} -B ${CMAKE_BINARY_DIR}/tidy -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo
            -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DRACKCAST_TESTS=OFF -DRACKCAST_BENCH=OFF
    COMMAND ${RUN_CLANG_TIDY} -quiet -p ${CMAKE_BINARY_DIR}/tidy -extra-arg=-Wno-unknown-warning-option
            "^${CMAKE_SOURCE_DIR}/(proto|core|io_backends|tools)/.*[.]cc$"
    VERBATIM USES_TERMINAL)
endif()

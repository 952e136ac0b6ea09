// Replays a corpus through a fuzz target without libFuzzer: every file in the folders named on the command line is one
// input, then each of its prefixes and each single-byte flip, so that the plain test suite walks the parser's edges
// too.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Heap copy of the exact size, so that AddressSanitizer sees a read one past the end.
void run(const std::vector<std::uint8_t>& input) {
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void run_with_neighbours(std::vector<std::uint8_t> input) {
  run(input);
  for (std::size_t size = 0; size < input.size(); ++size)
    run({input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size)});
  for (std::uint8_t& byte : input) {
    const std::uint8_t kept = byte;
    for (const int value : {0x00, 0x01, 0x7F, 0xFF, kept ^ 0x20}) {
      byte = static_cast<std::uint8_t>(value);
      run(input);
    }
    byte = kept;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      run_with_neighbours({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
      ++count;
    }
  }
  std::printf("%zu corpus files\n", count);
  return count == 0 ? 1 : 0;  // an empty corpus would be a test that cannot fail
}

// Any control stream: the lines do not depend on where it is cut; every command and argument parser answers; what was
// accepted reads back as it is written; no text breaks a reply or listing line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "proto/ftp/argument.h"
#include "proto/ftp/command.h"
#include "proto/ftp/line_splitter.h"
#include "proto/ftp/listing.h"
#include "proto/ftp/reply.h"

namespace {

using namespace rackcast::ftp;
using rackcast::bytes::Writer;

void require(bool holds) {
  if (!holds) std::abort();
}

template <typename Put>
std::string written(std::size_t bytes_max, Put put) {
  std::vector<std::byte> room(bytes_max);
  Writer out(room);
  put(out);
  require(out.ok());
  return {reinterpret_cast<const char*>(out.written().data()), out.size()};
}

std::vector<std::string> lines_of(std::span<const std::byte> stream, std::size_t piece_bytes) {
  const auto splitter = std::make_unique<LineSplitter>();
  std::vector<std::string> lines;
  while (!stream.empty()) {
    std::span<const std::byte> piece = stream.first(std::min(piece_bytes, stream.size()));
    stream = stream.subspan(piece.size());
    while (!piece.empty()) {
      const auto step = splitter->next(piece);
      require(step.consumed_bytes > 0 && step.consumed_bytes <= piece.size());
      piece = piece.subspan(step.consumed_bytes);
      require(step.line.size() <= LineSplitter::kLineBytesMax);
      if (step.outcome == LineSplitter::Outcome::kLine) lines.emplace_back(step.line);
    }
  }
  return lines;
}

void check_argument(std::string_view argument) {
  if (const auto endpoint = parse_port(argument))
    require(parse_port(written(32, [&](Writer& out) { put_port(out, *endpoint); })) == endpoint);
  if (const auto endpoint = parse_eprt(argument))
    require(parse_eprt(written(96, [&](Writer& out) { put_eprt(out, *endpoint); })) == endpoint);
  if (const auto when = parse_timestamp(argument))
    require(parse_timestamp(written(14, [&](Writer& out) { put_timestamp(out, *when); })) == when);
  require(parse_list_argument(argument).path.size() <= argument.size());
  (void)parse_epsv(argument);
  (void)parse_type(argument);
  (void)parse_restart_offset(argument);
  (void)parse_passive_text(argument);
  (void)parse_extended_passive_text(argument);
  const FactSet facts = FactSet::parse(argument);
  require(FactSet::parse(written(kFeatureBytesMax, [&](Writer& out) { put_fact_names(out, facts); })) == facts);
}

void require_one_line(const std::string& line) {
  require(line.ends_with("\r\n"));
  require(line.find_first_of(std::string_view("\r\n\0", 3)) == line.size() - 2);
}

void check_output(std::string_view text) {
  require_one_line(
      written(reply_bytes_max(text.size()), [&](Writer& out) { put_reply(out, ReplyCode::kFileUnavailable, text); }));
  require_one_line(written(2 * text.size() + 64, [&](Writer& out) { put_pathname_reply(out, text); }));
  const DirectoryEntry entry{.name = text, .size_bytes = text.size(), .modified = UnixSeconds(0)};
  require_one_line(
      written(list_line_bytes_max(text.size()), [&](Writer& out) { put_list_line(out, entry, UnixSeconds(0)); }));
  require_one_line(
      written(fact_line_bytes_max(text.size()), [&](Writer& out) { put_fact_line(out, entry, FactSet{}); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stream = std::as_bytes(std::span(data, size));
  const auto lines = lines_of(stream, size);
  require(lines == lines_of(stream, 1) && lines == lines_of(stream, 3));
  for (const std::string& line : lines) {
    const Command command = parse_command(line);
    require(command.verb < Verb::kCount_);
    check_argument(command.argument);
    check_output(command.argument);
    (void)parse_reply_line(line);
  }
  return 0;
}

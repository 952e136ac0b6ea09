// The parts of the parser, one function a section. Each reports into the reader's problem list and fills what it could
// read; the caller throws the result away when there was an error.
#pragma once

#include <array>
#include <vector>

#include "core/config/config.h"
#include "core/config/node.h"
#include "core/config/problem.h"

namespace rackcast::config_detail {

// The table of [section], null when absent or of the wrong shape (reported). `parent` holds it under `name`.
[[nodiscard]] const Node* table_section(const Node& parent, std::string_view name, std::string_view full,
                                        ProblemList& problems);
// The tables of [[section]], at most `count_max` (more is an error).
[[nodiscard]] std::vector<const Node*> array_section(const Node& parent, std::string_view name, std::string_view full,
                                                     std::size_t count_max, ProblemList& problems);

// `dhcp` is the [dhcp] table. The answer has mode kOff when the file says so; the caller drops it then.
[[nodiscard]] DhcpConfig read_dhcp(const Node& dhcp, ProblemList& problems);

[[nodiscard]] ServerConfig read_server(const Node& server, ProblemList& problems);
[[nodiscard]] TftpConfig read_tftp(const Node& tftp, ProblemList& problems);
inline constexpr std::array<const char*, 5> kTftpClassArchitectures{"bios", "efi32", "efi64", "arm32", "arm64"};
inline constexpr std::size_t kTftpClassesMax = 64;  // each request walks them
[[nodiscard]] TftpClassConfig read_tftp_class(const Node& table, ProblemList& problems);
[[nodiscard]] TftpNetworkConfig read_tftp_network(const Node& table, ProblemList& problems);
[[nodiscard]] HttpConfig read_http(const Node& http, ProblemList& problems);
[[nodiscard]] FtpConfig read_ftp(const Node& ftp, ProblemList& problems);
[[nodiscard]] BoardConfig read_board(const Node& board, ProblemList& problems);
[[nodiscard]] LogConfig read_log(const Node& log, ProblemList& problems);

}  // namespace rackcast::config_detail

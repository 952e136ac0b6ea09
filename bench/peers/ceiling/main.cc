// tftp_ceiling: what one core's kernel path gives a TFTP server, for bench/peers/tftp to compare with. Not a server: no
// timers, no loss recovery, no transfers; it knows a client's next block from its ACK alone.
//
//   tftp_ceiling --listen 127.0.0.1:69 --file boot.img [--blksize 1468] [--window 1] [--gather]
//
//   RRQ of the file     OACK of what was asked; DATA 1 (a window of DATA) when nothing was
//   RRQ of another      ERROR 1
//   ACK n               DATA n + 1 ... n + window
//
// One socket, one thread, recvmmsg and sendmmsg of 64, 64 MiB buffers, the file in memory. Options are answered with
// the command line's sizes, whatever was asked: the clients' must be the same. Files of more than 65535 blocks: a table
// by source address counts the wraps. --gather sends each window by UDP_SEGMENT.
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "proto/net/address.h"
#include "proto/tftp/encode.h"
#include "proto/tftp/packet.h"

namespace rackcast::bench {
namespace {

constexpr std::size_t kBatch = 64;
constexpr int kBufferBytes = 64 << 20;
constexpr std::size_t kRequestBytes = 600;
constexpr std::size_t kAnswerBytes = 256;  // an OACK or ERROR, or the headers of one window
constexpr std::size_t kGatherBytesMax = 65'507;
constexpr std::size_t kGatherBlocksMax = 64;
constexpr std::size_t kPeersMax = 65'536;

struct Settings {
  std::string file;
  std::uint16_t blksize = 1'468;
  std::uint16_t window = 1;
  bool gather = false;
};

// The file, cut into blocks; block numbers as the wire has them, made whole by what the peer had last.
class Blocks {
 public:
  Blocks(std::vector<char> bytes, std::uint16_t blksize)
      : bytes_(std::move(bytes)), blksize_(blksize), last_(bytes_.size() / blksize + 1) {
    if (last_ > 0xFFFF) wraps_.resize(kPeersMax);
  }

  [[nodiscard]] std::uint64_t last() const { return last_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::span<char> body(std::uint64_t block) {
    const std::size_t offset = (block - 1) * blksize_;
    return std::span(bytes_).subspan(offset, std::min<std::size_t>(blksize_, bytes_.size() - offset));
  }

  void begin(const sockaddr_in& peer) {
    if (!wraps_.empty()) wraps_[ntohl(peer.sin_addr.s_addr) % kPeersMax] = 0;
  }
  std::uint64_t acknowledged(const sockaddr_in& peer, std::uint16_t number) {
    if (wraps_.empty()) return number;
    std::uint64_t& had = wraps_[ntohl(peer.sin_addr.s_addr) % kPeersMax];
    had += static_cast<std::uint16_t>(number - had);
    return had;
  }

 private:
  std::vector<char> bytes_;
  std::uint16_t blksize_;
  std::uint64_t last_;
  std::vector<std::uint64_t> wraps_;
};

// What waits for one sendmmsg.
class Outgoing {
 public:
  explicit Outgoing(int socket) : socket_(socket) {}

  struct Message {
    sockaddr_in peer;
    std::array<std::byte, kAnswerBytes> head;
    std::array<iovec, 2 * kGatherBlocksMax> pieces;
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t))> control;
  };

  // Room for one more, addressed; finish() it before the next.
  Message& next(const sockaddr_in& peer) {
    if (count_ == kBatch) flush();
    Message& message = messages_[count_];
    message.peer = peer;
    return message;
  }

  void finish(std::size_t pieces, std::uint16_t segment = 0) {
    Message& message = messages_[count_];
    msghdr& header = headers_[count_++].msg_hdr;
    header = {};
    header.msg_name = &message.peer;
    header.msg_namelen = sizeof(message.peer);
    header.msg_iov = message.pieces.data();
    header.msg_iovlen = pieces;
    if (segment == 0) return;
    header.msg_control = message.control.data();
    header.msg_controllen = message.control.size();
    cmsghdr* const control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(segment));
    std::memcpy(CMSG_DATA(control), &segment, sizeof(segment));
  }

  // A message the kernel refuses is dropped: the client's own timer is all there is.
  void flush() {
    for (std::size_t done = 0; done < count_;) {
      const int sent = ::sendmmsg(socket_, headers_.data() + done, static_cast<unsigned>(count_ - done), 0);
      done += sent > 0 ? static_cast<std::size_t>(sent) : 1;
    }
    count_ = 0;
  }

 private:
  int socket_;
  std::size_t count_ = 0;
  std::array<Message, kBatch> messages_{};
  std::array<mmsghdr, kBatch> headers_{};
};

class Ceiling {
 public:
  Ceiling(int socket, const Settings& settings, std::vector<char> file)
      : settings_(settings), blocks_(std::move(file), settings.blksize), out_(socket), socket_(socket) {}

  [[noreturn]] void run();

 private:
  void answer(const sockaddr_in& peer, std::span<const std::byte> datagram);
  void answer_request(const sockaddr_in& peer, const tftp::Request& request);
  void send_head(const sockaddr_in& peer, std::span<const std::byte> bytes);
  void send_window(const sockaddr_in& peer, std::uint64_t acknowledged);

  Settings settings_;
  Blocks blocks_;
  Outgoing out_;
  int socket_;
};

void Ceiling::run() {
  std::vector<std::array<std::byte, kRequestBytes>> buffers(kBatch);
  std::array<sockaddr_in, kBatch> peers{};
  std::array<iovec, kBatch> pieces{};
  std::array<mmsghdr, kBatch> headers{};
  for (std::size_t i = 0; i < kBatch; ++i) pieces[i] = {buffers[i].data(), kRequestBytes};
  for (;;) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      headers[i].msg_hdr = {};
      headers[i].msg_hdr.msg_name = &peers[i];
      headers[i].msg_hdr.msg_namelen = sizeof(peers[i]);
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = ::recvmmsg(socket_, headers.data(), kBatch, MSG_WAITFORONE, nullptr);
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::size_t>(i);
      answer(peers[index], std::span(buffers[index]).first(headers[index].msg_len));
    }
    out_.flush();
  }
}

void Ceiling::answer(const sockaddr_in& peer, std::span<const std::byte> datagram) {
  const tftp::Packet packet = tftp::parse(datagram);
  if (const auto* const ack = std::get_if<tftp::Ack>(&packet))
    return send_window(peer, blocks_.acknowledged(peer, ack->block.value()));
  if (const auto* const request = std::get_if<tftp::Request>(&packet)) answer_request(peer, *request);
}

void Ceiling::answer_request(const sockaddr_in& peer, const tftp::Request& request) {
  std::array<std::byte, kAnswerBytes> room;
  if (request.filename != settings_.file)
    return send_head(peer, tftp::encode_error(room, tftp::ErrorCode::kFileNotFound, "file not found"));
  blocks_.begin(peer);
  tftp::Options granted;
  if (request.options.blksize) granted.blksize = settings_.blksize;
  if (request.options.tsize) granted.tsize = blocks_.size();
  if (request.options.windowsize) granted.windowsize = settings_.window;
  if (!granted.any_recognised()) return send_window(peer, 0);
  send_head(peer, tftp::encode_oack(room, granted));
}

void Ceiling::send_head(const sockaddr_in& peer, std::span<const std::byte> bytes) {
  Outgoing::Message& message = out_.next(peer);
  std::memcpy(message.head.data(), bytes.data(), bytes.size());
  message.pieces[0] = {message.head.data(), bytes.size()};
  out_.finish(1);
}

void Ceiling::send_window(const sockaddr_in& peer, std::uint64_t acknowledged) {
  const std::size_t segment = settings_.blksize + tftp::kDataHeaderBytes;
  const std::size_t gathered =
      settings_.gather ? std::clamp<std::size_t>(kGatherBytesMax / segment, 1, kGatherBlocksMax) : 1;
  const std::uint64_t until = std::min(acknowledged + settings_.window, blocks_.last());
  for (std::uint64_t block = acknowledged + 1; block <= until;) {
    Outgoing::Message& message = out_.next(peer);
    std::size_t used = 0;
    std::size_t count = 0;
    for (; count < gathered && block <= until; ++count, ++block) {
      const auto head = std::span(message.head).subspan(count * tftp::kDataHeaderBytes, tftp::kDataHeaderBytes);
      static_cast<void>(tftp::encode_data_header(head, tftp::BlockNumber(static_cast<std::uint16_t>(block))));
      message.pieces[used++] = {head.data(), head.size()};
      const auto body = blocks_.body(block);
      if (!body.empty()) message.pieces[used++] = {body.data(), body.size()};
    }
    out_.finish(used, count > 1 ? static_cast<std::uint16_t>(segment) : 0);
  }
}

int open_socket(const net::Endpoint& listen) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listen.port.value());
  address.sin_addr.s_addr = htonl(listen.address.v4().value());
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  std::fprintf(stderr, "tftp_ceiling: cannot bind: %s\n", std::strerror(errno));
  return -1;
}

}  // namespace
}  // namespace rackcast::bench

int main(int argc, char** argv) {
  using namespace rackcast;
  bench::Settings settings;
  std::string listen = "127.0.0.1:69";
  std::string path;
  CLI::App app("Answers TFTP reads of one file from memory, without state: the kernel path's ceiling");
  app.add_option("--listen", listen, "ADDRESS:PORT, IPv4")->capture_default_str();
  app.add_option("--file", path, "Served under its own name")->required()->check(CLI::ExistingFile);
  app.add_option("--blksize", settings.blksize)->check(CLI::Range(8, 65'464))->capture_default_str();
  app.add_option("--window", settings.window)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_flag("--gather", settings.gather, "Send windows by UDP_SEGMENT");
  CLI11_PARSE(app, argc, argv);

  const auto endpoint = net::Endpoint::parse(listen);
  if (!endpoint || !endpoint->address.is_v4()) {
    std::fprintf(stderr, "tftp_ceiling: --listen takes ADDRESS:PORT\n");
    return 2;
  }
  settings.file = path.substr(path.rfind('/') + 1);
  std::ifstream input(path, std::ios::binary);
  std::vector<char> file{std::istreambuf_iterator<char>(input), {}};
  const int socket = bench::open_socket(*endpoint);
  if (socket < 0) return 2;
  bench::Ceiling(socket, settings, std::move(file)).run();
}

#include "tests/tools/sim/machines/boot_world.h"

#include "proto/dhcp/message_writer.h"
#include "proto/dhcp/options.h"
#include "proto/tftp/encode.h"

namespace rackcast::sim::test {
namespace {

using dhcp4::MessageType;
using dhcp4::OptionCode;
using std::chrono::milliseconds;

constexpr Span kOneWay = std::chrono::microseconds(50);
constexpr Span kServerTimeout = std::chrono::seconds(1);
constexpr int kServerTriesMax = 12;
constexpr net::UdpPort kTftpPort{69};

std::string plain(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  return std::string(path);
}

}  // namespace

BootWorld::BootWorld(const std::vector<const Profile*>& profiles, RunFacts facts, std::uint64_t seed)
    : facts_(std::move(facts)), random_(seed), seen_(profiles.size()), fetch_epoch_(profiles.size()) {
  if (facts_.server.is_any()) facts_.server = kServer;
  for (std::uint32_t i = 0; i < profiles.size(); ++i)
    machines_.push_back({.identity = identity_of(MachineId(i)), .profile = profiles[i], .seed = seed + i});
}

net::Ipv4Address BootWorld::address_of(std::uint32_t machine) {
  return net::Ipv4Address(net::Ipv4Address(10, 99, 0, 100).value() + machine);
}

bool BootWorld::chance(double share) {
  return static_cast<double>(random_.below(1'000'000)) < share * 1e6;
}

void BootWorld::at(Span delay, std::function<void()> what) {
  events_.push({now_ + delay, order_++, std::move(what)});
}

void BootWorld::carry(std::function<void()> what) {
  const auto delay = [this] {
    return kOneWay + Span(static_cast<Span::rep>(random_.below(static_cast<std::uint64_t>(faults.jitter.count()))));
  };
  if (chance(faults.loss)) return;
  if (chance(faults.duplicate)) at(delay(), what);
  at(delay(), std::move(what));
}

void BootWorld::power_on_all() {
  const bool without_dhcp = (facts_.skipped_stages & (1U << static_cast<unsigned>(Stage::kDhcp))) != 0;
  for (std::uint32_t i = 0; i < machines_.size(); ++i) {
    machines_[i].pace = pace;
    if (without_dhcp) machines_[i].address = address_of(i);
  }
  rack_ = std::make_unique<Rack>(machines_, facts_, *this, *this);
  for (std::uint32_t i = 0; i < machines_.size(); ++i) rack_->power_on(now_, MachineId(i));
}

void BootWorld::run(Span limit) {
  const Instant end = now_ + limit;
  while (rack_->running() > 0) {
    const Instant event = events_.empty() ? kNever : events_.top().at;
    const Instant next = std::min(event, rack_->next_deadline());
    if (next > end) break;
    now_ = std::max(now_, next);
    if (event <= rack_->next_deadline()) {
      const auto what = events_.top().what;
      events_.pop();
      what();
    } else {
      rack_->on_deadline(now_);
    }
  }
}

// ---- DHCP

void BootWorld::send_dhcp(MachineId machine, const DhcpSend&, std::span<const std::byte> message) {
  carry([this, machine, kept = std::vector(message.begin(), message.end())] { answer_dhcp(machine, kept); });
}

void BootWorld::answer_dhcp(MachineId machine, const std::vector<std::byte>& message) {
  const auto parsed = dhcp4::parse_message(message);
  std::array<std::byte, 600> scratch;
  const dhcp4::Options options(*parsed, scratch);
  dhcp4::Header header = dhcp4::reply_header(parsed->header);
  header.op = dhcp4::Op::kReply;
  header.yiaddr = address_of(machine.value());
  header.siaddr = kServer;
  const std::uint16_t arch = static_cast<std::uint16_t>(options.client_arch().value_or(dhcp4::ClientArch::kBios));
  const auto& files = options.ipxe() ? ipxe_boot_files : boot_files;
  const auto file = files.find(arch);
  std::array<std::byte, 548> out;
  dhcp4::MessageWriter writer(out, header, {});
  if (file != files.end()) (void)writer.set_file(file->second);
  const auto type = options.message_type();
  if (type) {
    writer.put_u8(OptionCode::kMessageType, static_cast<std::uint8_t>(*type == MessageType::kDiscover ? 2 : 5));
    writer.put_address(OptionCode::kServerIdentifier, kServer);
    writer.put_u32(OptionCode::kLeaseTime, 600);
    if (file != files.end()) writer.put_text(OptionCode::kBootFileName, file->second);
    const std::string_view wanted = options.text(OptionCode::kVendorClass);
    if (wanted.starts_with(dhcp4::kHttpClientClass)) writer.put_text(OptionCode::kVendorClass, dhcp4::kHttpClientClass);
    writer.put_text(OptionCode::kVendorOptions, "Raspberry Pi Boot   ");
  }
  writer.put_address(OptionCode::kSubnetMask, net::Ipv4Address(255, 255, 255, 0));
  const auto reply = writer.finish();
  carry([this, machine, kept = std::vector(reply.begin(), reply.end())] {
    rack_->on_dhcp(now_, machine, {kServer, dhcp4::kServerPort}, dhcp4::kClientPort, kept);
  });
}

// ---- TFTP

void BootWorld::send_tftp(MachineId machine, net::UdpPort from, const net::Endpoint& to,
                          std::span<const std::byte> payload) {
  if (const auto request = tftp::parse_request(payload)) {
    std::string text = rackcast::test::text_of(payload.subspan(2));
    std::replace(text.begin(), text.end(), '\0', ' ');
    seen_[machine.value()].requests.push_back(text);
  } else if (const auto error = tftp::parse_error(payload)) {
    seen_[machine.value()].tftp_errors.push_back(static_cast<std::uint16_t>(error->code));
  }
  carry([this, machine, from, port = to.port, kept = std::vector(payload.begin(), payload.end())] {
    answer_tftp(machine, from, port, kept);
  });
}

void BootWorld::reply(MachineId machine, net::UdpPort to, net::UdpPort from, std::vector<std::byte> payload) {
  carry([this, machine, to, from, kept = std::move(payload)] {
    rack_->on_tftp(now_, machine, to, {kServer, from}, kept);
  });
}

void BootWorld::answer_tftp(MachineId machine, net::UdpPort from, net::UdpPort to,
                            const std::vector<std::byte>& payload) {
  if (to == kTftpPort) {
    if (const auto request = tftp::parse_request(payload)) open_transfer(machine, from, *request);
    return;
  }
  const auto found = transfers_.find(to.value());
  if (found == transfers_.end()) return;
  Transfer& transfer = found->second;
  if (tftp::parse_error(payload)) {
    transfers_.erase(found);
    return;
  }
  const auto ack = tftp::parse_ack(payload);
  if (!ack) return;
  const std::uint64_t index =
      tftp::from_wire(ack->block, tftp::BlockIndex(transfer.acked), tftp::Rollover::kToZero).value();
  if (index >= transfer.blocks()) {
    transfers_.erase(found);
    return;
  }
  if (index < transfer.acked || (index == transfer.acked && index > 0 && transfer.window == 1)) return;
  transfer.acked = index;
  transfer.oack.clear();
  transfer.tries = 0;
  send_window(to);
}

void BootWorld::open_transfer(MachineId machine, net::UdpPort from, const tftp::Request& request) {
  std::array<std::byte, 600> out;
  const auto file = tftp_files.find(plain(request.filename));
  if (file == tftp_files.end()) {
    const auto error = tftp::encode_error(out, tftp::ErrorCode::kFileNotFound, "File not found");
    reply(machine, from, net::UdpPort(next_tid_++), {error.begin(), error.end()});
    return;
  }
  Transfer transfer{.machine = machine, .port = from, .file = &file->second};
  tftp::Options granted = request.options;
  granted.multicast.reset();
  if (granted.tsize) granted.tsize = file->second.size();
  if (granted.blksize) transfer.blksize = *granted.blksize;
  if (granted.windowsize) transfer.window = *granted.windowsize;
  if (granted.any_recognised()) {
    const auto oack = tftp::encode_oack(out, granted);
    transfer.oack.assign(oack.begin(), oack.end());
  }
  const net::UdpPort tid(next_tid_++);
  transfers_[tid.value()] = transfer;
  send_window(tid);
}

void BootWorld::send_window(net::UdpPort tid) {
  const Transfer& transfer = transfers_.at(tid.value());
  if (!transfer.oack.empty()) {
    reply(transfer.machine, transfer.port, tid, transfer.oack);
  } else {
    for (std::uint64_t i = 1; i <= transfer.window && transfer.acked + i <= transfer.blocks(); ++i) {
      const std::uint64_t index = transfer.acked + i;
      std::vector<std::byte> data(tftp::kDataHeaderBytes);
      (void)tftp::encode_data_header(data, tftp::to_wire(tftp::BlockIndex(index), tftp::Rollover::kToZero));
      const auto block = std::string_view(*transfer.file).substr((index - 1) * transfer.blksize, transfer.blksize);
      const auto bytes = std::as_bytes(std::span(block));
      data.insert(data.end(), bytes.begin(), bytes.end());
      reply(transfer.machine, transfer.port, tid, std::move(data));
    }
  }
  arm(tid);
}

void BootWorld::arm(net::UdpPort tid) {
  const std::uint64_t clock = ++transfers_.at(tid.value()).clock;
  at(kServerTimeout, [this, tid, clock] {
    const auto found = transfers_.find(tid.value());
    if (found == transfers_.end() || found->second.clock != clock) return;
    if (++found->second.tries > kServerTriesMax)
      transfers_.erase(found);
    else
      send_window(tid);
  });
}

// ---- HTTP and FTP

void BootWorld::fetch(MachineId machine, const FetchRequest& request) {
  std::string url = request.scheme == Scheme::kFtp ? "ftp://" : "http://";
  url.append(request.server.address.text().view()).append(request.path);
  seen_[machine.value()].fetched.push_back(url);
  seen_[machine.value()].patience.push_back(request.patience);
  const std::uint64_t epoch = fetch_epoch_[machine.value()];
  at(milliseconds(3), [this, machine, epoch, id = request.id, path = plain(request.path), keep = request.keep_text] {
    if (fetch_epoch_[machine.value()] != epoch) return;
    FetchEvent event{.id = id, .done = true, .failure = Failure::kNotFound, .status = 404};
    if (const auto file = web_files.find(path); file != web_files.end()) {
      const std::string& body = file->second;
      event = {.id = id, .done = true, .status = 200, .bytes = body.size()};
      event.digest = digest_of(std::as_bytes(std::span(body)));
      if (keep) event.text = body;
    }
    rack_->on_fetch(now_, machine, event);
  });
}

void BootWorld::cancel_fetches(MachineId machine) {
  ++fetch_epoch_[machine.value()];
}

void BootWorld::use_address(MachineId, net::Ipv4Address, std::uint8_t) {}

// ---- what machines report

void BootWorld::on_stage(Instant, MachineId machine, Stage stage) {
  seen_[machine.value()].stages.push_back(stage);
}

void BootWorld::on_lease(Instant, MachineId machine, const LeaseReceived& lease) {
  seen_[machine.value()].leases.push_back(lease.address);
}

void BootWorld::on_file(Instant, MachineId machine, const FileReceived& file) {
  seen_[machine.value()].files.push_back({file.stage, file.protocol, std::string(file.path), file.bytes, file.digest});
}

void BootWorld::on_bytes(Instant, MachineId machine, std::uint64_t bytes) {
  seen_[machine.value()].bytes += bytes;
}

void BootWorld::on_incident(Instant, MachineId machine, Incident incident) {
  ++seen_[machine.value()].incidents[static_cast<std::size_t>(incident)];
}

void BootWorld::on_failure(Instant, MachineId machine, Failure failure, std::string_view detail) {
  seen_[machine.value()].failure = failure;
  seen_[machine.value()].detail = detail;
}

// ---- the tree

std::string patterned(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

void fill_demo_tree(BootWorld& world) {
  world.boot_files = {{0, "pxelinux.0"}, {7, "ipxe.efi"}, {16, "http://10.99.0.1/ipxe.efi"}};
  world.ipxe_boot_files = {{0, "pxelinux.0"}, {7, "http://10.99.0.1/boot.ipxe"}};
  world.tftp_files = {
      {"pxelinux.0", patterned(42'430, 1)},
      {"ldlinux.c32", patterned(119'524, 2)},
      {"ipxe.efi", patterned(85'052, 3)},
      {"vmlinuz", patterned(1'408 * 40, 4)},  // ends in an empty block for pxelinux
      {"initrd.img", patterned(122'993, 5)},
      {"pxelinux.cfg/default",
       "serial 0 115200\ndefault linux\nprompt 1\ntimeout 10\ndisplay boot.msg\nF1 boot.msg\nF2 options.msg\n\n"
       "label linux\n  kernel vmlinuz\n  append initrd=initrd.img ks=ftp://10.99.0.1/ks.cfg console=ttyS0\n"
       "label http\n  kernel vmlinuz\n  append initrd=initrd.img ks=http://10.99.0.1/ks.cfg console=ttyS0\n"
       "label local\n  localboot 1\n"},
  };
  world.web_files = {
      {"ipxe.efi", world.tftp_files["ipxe.efi"]},
      {"boot/vmlinuz", world.tftp_files["vmlinuz"]},
      {"boot/initrd.img", world.tftp_files["initrd.img"]},
      {"boot.ipxe",
       "#!ipxe\necho rackcast demo: kernel and initrd over HTTP\n"
       "kernel http://10.99.0.1/boot/vmlinuz initrd=initrd.img ks=http://10.99.0.1/ks.cfg console=ttyS0\n"
       "initrd http://10.99.0.1/boot/initrd.img\nboot\n"},
      {"ks.cfg", "# Kickstart\ninstall\nurl --url http://10.99.0.1/\ntext\n%packages\n@core\n%end\n"},
      {"packages/hello.deb", patterned(53'000, 6)},
      {"packages/busybox-static.deb", patterned(91'000, 7)},
  };
}

}  // namespace rackcast::sim::test

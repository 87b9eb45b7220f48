using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>An address of a network device, as in rtnetlink(7).</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="PrefixLength">Bits of the network prefix.</param>
/// <param name="Flags">IFA_F_*, 32 bits.</param>
/// <param name="Attributes">IFA_ADDRESS, IFA_LOCAL and IFA_BROADCAST as the kernel returned them.</param>
public sealed record LinkAddress(byte Family, byte PrefixLength, uint Flags, byte[] Attributes);

/// <summary>
/// rtnetlink(7): finding, moving and bringing up network devices. A socket belongs to the network namespace in which it was opened. Only
/// for the host side: messages are allocated.
/// </summary>
public static class Netlink
{
    private const ushort GetLink = 18, SetLink = 19, NewAddress = 20, GetAddress = 22; // RTM_*
    private const ushort Request = 0x1, Acknowledge = 0x4, Create = 0x400, Exclusive = 0x200, Dump = 0x300; // NLM_F_*
    private const int HeaderSize = 16, LinkSize = 16, AddressSize = 8;

    /// <summary>Looks up a device.</summary>
    /// <param name="socket">From <see cref="Sys.SocketRtnetlink"/>.</param>
    /// <param name="name">Its name, with NUL.</param>
    /// <param name="index">Its number in this namespace.</param>
    public static Errno FindLink(int socket, ReadOnlySpan<byte> name, out int index)
    {
        const ushort Name = 3; // IFLA_IFNAME
        byte[] body = new byte[LinkSize + Padded(4 + name.Length)];
        Put(body.AsSpan(LinkSize), Name, name);
        int found = 0;
        Errno errno = Talk(socket, GetLink, Request, body, reply => found = BinaryPrimitives.ReadInt32LittleEndian(reply[4..]));
        index = found;
        return errno;
    }

    /// <summary>Lists the permanent addresses of a device with global scope.</summary>
    public static Errno ListAddresses(int socket, int index, ICollection<LinkAddress> addresses) =>
        Talk(socket, GetAddress, Request | Dump, new byte[AddressSize], reply => Collect(reply, index, addresses));

    /// <summary>
    /// Moves a device to another network namespace and renames it in one step: it is never visible there under its old name.
    /// </summary>
    public static Errno MoveLink(int socket, int index, int networkNamespace, ReadOnlySpan<byte> newName)
    {
        const ushort Name = 3, NamespaceFile = 28; // IFLA_IFNAME, IFLA_NET_NS_FD
        byte[] body = new byte[LinkSize + 8 + Padded(4 + newName.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), index);
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, networkNamespace);
        Put(body.AsSpan(LinkSize), NamespaceFile, number);
        Put(body.AsSpan(LinkSize + 8), Name, newName);
        return Talk(socket, SetLink, Request | Acknowledge, body, null);
    }

    /// <summary>Gives a device an address.</summary>
    public static Errno AddAddress(int socket, int index, LinkAddress address)
    {
        const ushort FlagsAttribute = 8; // IFA_FLAGS
        byte[] body = new byte[AddressSize + address.Attributes.Length + 8];
        body[0] = address.Family;
        body[1] = address.PrefixLength;
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), index);
        address.Attributes.CopyTo(body, AddressSize);
        Span<byte> flags = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(flags, address.Flags);
        Put(body.AsSpan(AddressSize + address.Attributes.Length), FlagsAttribute, flags);
        return Talk(socket, NewAddress, Request | Acknowledge | Create | Exclusive, body, null);
    }

    /// <summary>Brings a device up.</summary>
    public static Errno RaiseLink(int socket, int index)
    {
        const uint Up = 1; // IFF_UP
        byte[] body = new byte[LinkSize];
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), index);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), Up);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), Up);
        return Talk(socket, SetLink, Request | Acknowledge, body, null);
    }

    private delegate void Reader(ReadOnlySpan<byte> reply);

    private static void Collect(ReadOnlySpan<byte> reply, int index, ICollection<LinkAddress> addresses)
    {
        const ushort Address = 1, Local = 2, Broadcast = 4, FlagsAttribute = 8; // IFA_*
        const uint Permanent = 0x80; // IFA_F_PERMANENT
        const byte Global = 0; // RT_SCOPE_UNIVERSE
        if (BinaryPrimitives.ReadInt32LittleEndian(reply[4..]) != index || reply[3] != Global)
        {
            return;
        }

        uint flags = reply[2];
        List<byte> kept = [];
        ReadOnlySpan<byte> rest = reply[AddressSize..];
        while (rest.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            int step = Math.Min(Padded(length), rest.Length);
            if (length < 4 || length > rest.Length)
            {
                break;
            }

            switch (BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]))
            {
                case Address or Local or Broadcast:
                    kept.AddRange(rest[..step]);
                    break;
                case FlagsAttribute:
                    flags = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
                    break;
            }

            rest = rest[step..];
        }

        if ((flags & Permanent) != 0)
        {
            addresses.Add(new LinkAddress(reply[0], reply[1], flags, [.. kept]));
        }
    }

    // Sends one request and reads the answer: entries for the reader, until the acknowledgement or the end of a list.
    private static Errno Talk(int socket, ushort type, ushort flags, byte[] body, Reader? reader)
    {
        byte[] message = new byte[HeaderSize + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        body.CopyTo(message, HeaderSize);
        Errno errno = Sys.Write(socket, message, out _);
        bool isList = (flags & Dump) == Dump;
        bool isDone = false;
        byte[] buffer = new byte[64 * 1024]; // More than the kernel sends at once.
        while (errno == Errno.None && !isDone)
        {
            errno = Sys.Read(socket, buffer, out int count);
            if (errno == Errno.None)
            {
                errno = Take(buffer.AsSpan(0, count), isList, reader, out isDone);
            }
        }

        return errno;
    }

    private static Errno Take(ReadOnlySpan<byte> answer, bool isList, Reader? reader, out bool isDone)
    {
        const ushort Error = 2, Done = 3; // NLMSG_*
        isDone = false;
        while (answer.Length >= HeaderSize)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(answer);
            if (length < HeaderSize || length > answer.Length)
            {
                return Errno.EPROTO;
            }

            ReadOnlySpan<byte> body = answer[HeaderSize..length];
            switch (BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]))
            {
                case Error:
                    // An acknowledgement is error 0.
                    isDone = true;
                    return body.Length < 4 ? Errno.EPROTO : (Errno)(-BinaryPrimitives.ReadInt32LittleEndian(body));
                case Done:
                    isDone = true;
                    return Errno.None;
                default:
                    reader?.Invoke(body);
                    isDone = !isList;
                    break;
            }

            answer = answer[Math.Min(Padded(length), answer.Length)..];
        }

        return Errno.None;
    }

    private static void Put(Span<byte> place, ushort type, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(place[2..], type);
        value.CopyTo(place[4..]);
    }

    private static int Padded(int length) => (length + 3) & ~3;
}

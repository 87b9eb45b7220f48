using System;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Cgroups;

/// <summary>New device rules for a container that runs: at no moment are there none, and none of both.</summary>
public sealed class DeviceUpdate : IDisposable
{
    private readonly CgroupDirectory _cgroup;
    private readonly Descriptor _program;
    private readonly Descriptor? _old;

    private DeviceUpdate(CgroupDirectory cgroup, Descriptor program, Descriptor? old)
    {
        _cgroup = cgroup;
        _program = program;
        _old = old;
    }

    /// <summary>Loads the program, and finds the one in whose place it comes.</summary>
    /// <param name="cgroup">The container's.</param>
    /// <param name="instructions">The program.</param>
    /// <exception cref="SysException">The kernel refuses it.</exception>
    /// <exception cref="PunnetException">Which one it replaces is not known.</exception>
    public static DeviceUpdate Prepare(CgroupDirectory cgroup, ImmutableArray<EbpfInstruction> instructions)
    {
        Sys.BpfProgLoad(MemoryMarshal.AsBytes(instructions.AsSpan()), out int program)
            .OrThrow("load the device program of the cgroup", cgroup.Path);
        Descriptor loaded = new(program);
        try
        {
            return new DeviceUpdate(cgroup, loaded, Attached(cgroup));
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>Puts the program on the cgroup.</summary>
    /// <exception cref="SysException">The kernel refuses it; the old rules hold.</exception>
    public void Apply()
    {
        Errno errno = _old is null
            ? Sys.BpfProgAttach(_cgroup.Number, _program.Number)
            : Sys.BpfProgReplace(_cgroup.Number, _program.Number, _old.Number);
        errno.OrThrow("attach the device program to the cgroup", _cgroup.Path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        _old?.Dispose();
    }

    private static Descriptor? Attached(CgroupDirectory cgroup)
    {
        Span<uint> ids = stackalloc uint[2];
        Errno errno = Sys.BpfProgQuery(cgroup.Number, ids, out int count);
        if (errno == Errno.ENOSPC || (errno == Errno.None && count > 1))
        {
            throw new PunnetException(
                "cannot replace the device rules of the cgroup " + cgroup.Path + ": it has " + count.ToString()
                + " device programs, and only one of them is punnet's");
        }

        errno.OrThrow("look for the device program of the cgroup", cgroup.Path);
        if (count == 0)
        {
            return null;
        }

        Sys.BpfProgGetFdById(ids[0], out int program).OrThrow("open the device program of the cgroup", cgroup.Path);
        return new Descriptor(program);
    }
}

using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Init;
using Punnet.Kernel;

namespace Punnet.Lifecycle;

/// <summary>punnet's own file, given up as executable before a process of punnet meets a container (CVE-2019-5736).</summary>
internal sealed class OwnImage : IDisposable
{
    private readonly Descriptor _image;
    private readonly Descriptor _mount;

    private OwnImage(int image, int mount, FixedBuffer title, OwnFile state)
    {
        Title = title;
        _image = new Descriptor(image);
        _mount = new Descriptor(mount);
        State = state;
    }

    /// <summary>The file through its read-only mount, or its sealed copy.</summary>
    public int Number => _image.Number;

    /// <summary>The mount that is read-only, or -1.</summary>
    public int MountNumber => _mount.Number;

    /// <summary>What ps shows until the program is executed.</summary>
    public FixedBuffer Title { get; }

    /// <summary>How far this process has given the file up; the new process does what is left.</summary>
    public OwnFile State { get; }

    /// <summary>Opens the file another way, and leaves it when the kernel lets this process do so.</summary>
    /// <param name="isInitAlone">
    /// Whether nobody can see the new process before its own first steps. It then leaves the file itself, while this one makes other things.
    /// </param>
    /// <exception cref="SysException">It can neither be reached by a mount of its own nor be copied, or not be mapped again.</exception>
    public static OwnImage Leave(bool isInitAlone)
    {
        Sys.OpenOwnImage(out int image, out int mount).OrThrow("open punnet's own file");
        ReadOnlySpan<byte> text = "punnet: init\0"u8;
        FixedBuffer title = new(text.Length);
        text.CopyTo(title.Span);
        if (isInitAlone && mount >= 0)
        {
            return new OwnImage(image, mount, title, OwnFile.Kept);
        }

        Sys.LeaveOwnFile(image).OrThrow("leave punnet's own file");
        bool hasLeft = Sys.SetOwnFile(image, title) == Errno.None || (mount < 0 && IsRestarted());
        return new OwnImage(image, mount, title, hasLeft ? OwnFile.Left : OwnFile.Unmapped);
    }

    /// <summary>
    /// Executes a sealed copy of punnet in its place, where an ordinary user, or root of a user namespace only, has no other way off the
    /// file: on a kernel without CONFIG_CHECKPOINT_RESTORE. The first thing that create, run and exec do.
    /// </summary>
    /// <exception cref="SysException">The copy can be neither made nor executed.</exception>
    public static void RestartIfNeeded()
    {
        if (Sys.KnowsMemoryMap() || (Sys.EffectiveUser() == 0 && !HostProbe.IsInUserNamespace()) || IsRestarted())
        {
            return;
        }

        Sys.CopyOwnImage(out int image).OrThrow("copy punnet's own file");
        using Descriptor copy = new(image);
        List<CString> args = [];
        foreach (string arg in Environment.GetCommandLineArgs())
        {
            args.Add(CString.Of(arg));
        }

        CString path = CString.Of("/proc/self/fd/" + image.ToString());
        Sys.Execute(path.WithNul, ArgumentBlock.Of(args), ProcessEnvironment.Own()).OrThrow("execute a copy of punnet");
    }

    private static bool IsRestarted()
    {
        using Descriptor own = Descriptor.Open("/proc/self/exe", OpenFlags.ReadOnly);
        return Sys.IsSealed(own.Number);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _image.Dispose();
        _mount.Dispose();
    }
}

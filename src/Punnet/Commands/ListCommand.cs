using System;
using System.Text;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>list</c>: all containers.</summary>
internal static class ListCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "list",
        Arguments = "",
        Summary = "list the containers",
        Examples = "punnet list\npunnet list --format json | jq -r '.[].id'",
        Options = [new("format", "f", "table|json", "form of the list (default: table)"), new("quiet", "q", "", "print only the ids")],
        MinArguments = 0,
        MaxArguments = 0,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string format = line.Value("format") ?? "table";
        if (format is not ("table" or "json"))
        {
            throw new UsageException("invalid format option");
        }

        StateStore store = globals.Store();
        using Descriptor? root = store.TryOpen();
        string[] ids = root is null ? [] : StateStore.Ids(root);
        if (line.Has("quiet"))
        {
            WriteIds(globals.Log, root, ids);
        }
        else if (format == "json")
        {
            const int Element = 400; // bytes of a container, about
            StateListJson list = new(expected: (ids.Length + 1) * Element);
            Visit(globals.Log, store, root, ids, isWhole: true, AddRecord, list.Add);
            Output.Write(list.End());

            void AddRecord(string id, int pid, string status, ContainerSummary glance, string owner) =>
                list.Add(id, pid, status, glance.Record, owner);
        }
        else
        {
            ContainerTable table = new(expected: ids.Length);
            Visit(globals.Log, store, root, ids, isWhole: false, AddTexts, table.Add);
            table.Write();

            void AddTexts(string id, int pid, string status, ContainerSummary glance, string owner) =>
                table.Add(id, pid, status, glance.Texts, owner);
        }

        return 0;
    }

    /// <summary>Looks at containers one after the other; what cannot be read becomes a warning.</summary>
    public static void Visit(
        Log log, StateStore store, Descriptor? root, string[] ids, bool isWhole, Glanced addGlance, Action<ContainerState> add)
    {
        Each(log, root, ids, (scan, id) =>
        {
            if (scan.TryLook(id, isWhole, out ContainerSummary glance))
            {
                int pid = glance.Status == ContainerStatus.Stopped ? 0 : glance.Pid;
                addGlance(id, pid, Container.Word(glance.Status), glance, UserNames.Find(glance.Texts.Owner));
            }
            else if (store.TryOpen(root!, id) is ContainerDirectory directory)
            {
                using Container container = Container.Own(directory);
                if (!container.Exists)
                {
                    return;
                }

                add(container.State());
                if (container.IsNewer)
                {
                    log.Warn(container.Newer().Message);
                }
            }
        });
    }

    private static void WriteIds(Log log, Descriptor? root, string[] ids)
    {
        StringBuilder text = new();
        Each(log, root, ids, (scan, id) => text.Append(scan.Exists(id) ? id + "\n" : ""));
        Output.Write(text.ToString());
    }

    // One unreadable container does not hide the others. A shortage of descriptors or memory would hide all of them, so it is an error.
    private static void Each(Log log, Descriptor? root, string[] ids, Action<ContainerLister, string> look)
    {
        if (root is null)
        {
            return;
        }

        using ContainerLister scan = new(root);
        foreach (string id in ids)
        {
            try
            {
                look(scan, id);
            }
            catch (Exception failure) when (failure is PunnetException || (failure is SysException call && !call.Errno.IsShortage()))
            {
                log.Warn("container " + id + " is not listed: " + failure.Message);
            }
        }
    }

    /// <summary>Takes what a glance at a container shows.</summary>
    public delegate void Glanced(string id, int pid, string status, ContainerSummary glance, string owner);
}
